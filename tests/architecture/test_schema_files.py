"""The committed JSON Schema is what the types say today."""

from schemas import jsonschema


def test_the_committed_schemas_are_fresh() -> None:
    committed = {path.name: path.read_bytes() for path in jsonschema.FOLDER.glob("*.json")}
    assert committed == jsonschema.documents(), "run `make schemas` and commit the result"


def test_every_reference_in_a_schema_is_defined() -> None:
    for name, content in jsonschema.documents().items():
        text = content.decode()
        references = {part.split('"')[0] for part in text.split('"#/$defs/')[1:]}
        assert references
        missing = {reference for reference in references if f'"{reference}": {{' not in text}
        assert not missing, f"{name}: {missing}"
