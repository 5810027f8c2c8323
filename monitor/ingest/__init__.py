"""What devices send: strict decoding, one protocol state a connection, each refusal by name. No FastAPI, no clock, no sockets."""
