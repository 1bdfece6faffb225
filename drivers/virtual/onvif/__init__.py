"""The device side of ONVIF: one small SOAP server per virtual camera, from the published service descriptions."""
