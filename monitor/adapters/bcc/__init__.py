"""B. Braun Space pumps in their rack: the BCC protocol of the SpaceStation. Read only: no request here changes anything at a pump."""
