// The chat page in a real browser, in front of the whole system: `run` starts
// this. One process, so that the system and the browser start once.

import "./scenarios/signing_in.js";
import "./scenarios/chatting.js";
import "./scenarios/failures.js";
import "./scenarios/history.js";
import "./scenarios/looks.js";
import "./scenarios/policy.js";
