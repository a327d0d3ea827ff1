"""Models: the one door between agents and model providers, and a scripted model to stand behind it.

Above: `node`, which opens a line through the `proxy` for each attempt, and tests and the demo, which play a `script`.
Below: HTTP to the provider. `wires`, `meter` and `failure` are pure: what the providers' interfaces look like, how their
answers tell of tokens, and what their refusals mean.
"""
