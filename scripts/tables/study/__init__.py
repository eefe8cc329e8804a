"""Tables that compare with the published study."""
