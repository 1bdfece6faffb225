"""ONVIF: one small client over zeep with shared WSDL documents."""
