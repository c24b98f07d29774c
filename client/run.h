/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What becomes of a command that takes a while: how cofferctl ends, and whether it says why. */

enum run_outcome {
	RUN_OK = 0,	/* everything is as it should be */
	RUN_INCOMPLETE,	/* something failed, and was told; nothing is left to say */
	RUN_STOPPED,	/* *why says what stands in the way */
	RUN_WRONG,	/* what was said cannot be meant; *why */
};
