"""From a clone to an app in Feishu by one scan: registration, its QR code, the keys it brings."""
