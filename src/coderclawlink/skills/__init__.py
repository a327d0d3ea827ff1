"""Skills: what agents may be asked to do as a named ability, and which permissions that takes. Above: runtime. Below: access."""
