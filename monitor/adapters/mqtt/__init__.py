"""MQTT: devices and little bridges that publish JSON to a broker."""
