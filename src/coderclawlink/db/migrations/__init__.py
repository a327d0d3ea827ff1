"""How the tables came to be: one file a step, named by number and by when it runs (`pre`: before new code, `post`: after)."""
