"""What is said of a file that holds."""

from typing import Any, Final

from monitor.export.verify.verdict import Verdict, verdict
from monitor.export.verify.walk import utc

SIGNED_BY_GIVEN: Final = "Signed by the given key."


def verified(name: str, manifest: dict[str, Any], notes: list[str], *, trust: str | None) -> Verdict:
    """`manifest`: of a record or a table. `trust`: what the given key says; None where none was given."""
    state = "complete" if manifest["complete"] is True else "NOT COMPLETE: it was still open when it was exported"
    words = [
        f"VERIFIED {name}",
        f"Session {manifest['session']}, {state}.",
        f"{manifest['entries']} entries under {manifest['seals']} seals, {utc(manifest['first_at_ms'])} to {utc(manifest['last_at_ms'])}.",
        f"Head digest {manifest['head']}.",
        *notes,
    ]
    if marked := " and ".join(mode.upper() for mode in manifest["modes"] if mode != "real"):
        words.append(f"{marked} data: not measured on a patient in this session.")
    words.append(
        f"Exported {utc(manifest['exported_at_ms'])} by Infusion Monitor {manifest['software']}, installation {manifest['installation']}."
    )
    if trust is not None:
        words.append(trust)
    else:
        words.append(f"Signer not checked: the signature proves only that nothing changed since key {manifest['installation']} signed.")
        words.append("Give the installation's public key with --key to check who signed.")
    words.append(f"Intended use: {manifest['intended_use']}.")
    return verdict(words)
