"""What a screen is told of a session, taken from its engine. Pure."""

from collections.abc import Iterable, Mapping

from monitor.core.channel import Channel
from monitor.core.engine import Engine
from monitor.core.signals import present
from monitor.core.sources import BoundDevice
from schemas.announcement import LINE
from schemas.log import Measured
from schemas.measurement import Reading, Reason, Validity
from schemas.signs import Sign
from schemas.stream_wire import DeviceNow, LimitNow, ObservationNow, SaidNow, SessionNow, SignatureNow, VialNow, VitalNow, WasteNow
from schemas.vitals import MILLI, Vital

_NOT_NOW = frozenset({Reason.LATE, Reason.NOT_ADVANCING, Reason.SECOND_SOURCE})


def session_now(engine: Engine, room: str, last_seq: int, now_ms: int) -> SessionNow:
    """The whole of it, for a snapshot or after a change of state."""
    created = engine.created
    signals = engine.signals
    is_paused = signals.paused_until_ms is not None
    return SessionNow(
        id=engine.session,
        room=room,
        patient=engine.corrections.patient(created.patient),
        order=created.order,
        phase=engine.phase,
        phase_since_ms=engine.phase_since_ms,
        created_at_ms=engine.created_at_ms,
        started_at_ms=engine.started_at_ms,
        stopped_at_ms=engine.stopped_at_ms,
        rate_ug_per_min=engine.dose.rate_ug_per_min,
        given_ug=engine.dose.given_ug(now_ms),
        given_at_ms=now_ms,
        mode=engine.mode,
        devices=tuple(
            DeviceNow(device=name, mode=device.mode, source=device.source, is_connected=device.is_connected, says=_says(device))
            for name, device in engine.devices.items()
        ),
        vitals=tuple(
            _channel_now(vital, channel, now_ms)
            for vital, channel in engine.channels.items()
            if isinstance(vital, Vital) and channel.device is not None
        ),
        baselines=engine.baselines,
        alerts=engine.alerts(),
        presented=present(engine.alerts(), is_paused=is_paused),
        audio_paused_until_ms=signals.paused_until_ms,
        audio_paused_by=signals.paused_by,
        observations=tuple(ObservationNow(at_ms, body.by, sign, body.value) for sign, (body, at_ms) in engine.charted.items()),
        own_limits=tuple(
            LimitNow(
                by=row.by,
                direction=row.direction,
                limit=row.limit_milli / MILLI,
                ordinary=row.ordinary_milli / MILLI,
                proposal=row.proposal,
                rule=row.rule,
                vital=row.vital,
            )
            for row in engine.own_limits()
        ),
        vials=tuple(
            VialNow(row.at_ms, row.body.by, row.body.concentration_ug_per_ml, row.body.amount_ug, row.body.lot, row.seq)
            for row in engine.drug.drawn()
        ),
        wastes=tuple(
            WasteNow(row.at_ms, row.body.by, row.body.note, row.seq, row.body.amount_ug, row.witness) for row in engine.drug.wasted()
        ),
        signed_off=_signature(engine),
        indication=created.indication,
        first_dose_at_ms=engine.corrections.first_dose_at_ms(engine.started_at_ms),
        last_dose_at_ms=max(engine.corrections.doses_at_ms(), default=None),
        cuff_interval_ms=engine.channels[Vital.SYSTOLIC_BP].interval_ms,
        last_seq=last_seq,
    )


def _signature(engine: Engine) -> SignatureNow | None:
    if engine.signed_off is None:
        return None
    body, at_ms = engine.signed_off
    return SignatureNow(at_ms, body.by, body.meaning, body.name, body.under)


def _says(device: BoundDevice) -> tuple[SaidNow, ...]:
    """But for its line: that it is there is nothing to say."""
    return tuple(
        SaidNow(
            at_ms=standing.said_at_ms,
            is_state=fact.turn is not None,
            name=fact.name,
            priority=fact.priority,
            text=standing.text,
            unit=fact.unit,
            value=None if fact.value_milli is None else fact.value_milli / MILLI,
        )
        for standing in device.says.values()
        if (fact := standing.fact).name != LINE
    )


def _channel_now(vital: Vital, channel: Channel, now_ms: int) -> VitalNow:
    value = channel.value_milli if channel.validity is not Validity.INVALID else None
    return VitalNow(
        vital=vital,
        value=None if value is None else value / MILLI,
        validity=channel.validity,
        reason=channel.reason,
        measured_at_ms=channel.measured_at_ms,
        received_at_ms=channel.received_at_ms,
        age_ms=max(0, now_ms - channel.received_at_ms),
        current_for_ms=channel.current_for_ms,
        gone_after_ms=channel.gone_after_ms,
        device=channel.device or "",
    )


def is_now(reading: Reading) -> bool:
    """Whether a reading is news for a tile. A late, frozen or second-source one is history and never shown as now."""
    return reading.reason not in _NOT_NOW


def vitals_now(newest: Iterable[tuple[Measured, Reading]], channels: Mapping[Sign, Channel], now_ms: int) -> tuple[VitalNow, ...]:
    """The newest readings since the last update."""
    return tuple(
        VitalNow(
            vital=reading.vital,
            value=reading.value_milli / MILLI if reading.value_milli is not None and reading.validity is not Validity.INVALID else None,
            validity=reading.validity,
            reason=reading.reason,
            measured_at_ms=measured.measured_at_ms,
            received_at_ms=measured.received_at_ms,
            age_ms=max(0, now_ms - measured.received_at_ms),
            current_for_ms=channels[reading.vital].current_for_ms,
            gone_after_ms=channels[reading.vital].gone_after_ms,
            device=measured.device,
        )
        for measured, reading in newest
    )
