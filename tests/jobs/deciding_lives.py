"""As `lives`, with one more point to die at: right after a decision.

python -m countermark.tests.jobs.deciding_lives NAME FOLDER POINT:ID ... [:ID ...]
"""

from countermark.moderation.deciding import Deciding
from countermark.tests.jobs import lives

lives.POINTS["decided"] = (Deciding, "decide", lambda check_id: True)

if __name__ == "__main__":
    lives.main()
