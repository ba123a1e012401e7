"""
The diagnosis: what known causes the lines of logs show, in order of time, and which of them are only consequences.

The page's script (``book/_scripts/diagnose.js``) does the same with the same patterns; a test holds the two together.
"""
