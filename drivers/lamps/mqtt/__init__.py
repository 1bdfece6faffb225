"""Lamps behind an MQTT broker: Home Assistant's JSON, Zigbee2MQTT, Tasmota, and a template for others."""
