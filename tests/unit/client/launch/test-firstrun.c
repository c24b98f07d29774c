/* SPDX-License-Identifier: Apache-2.0 */
#include "client/launch/firstrun.h"

#include <assert.h>

static const struct pair a = { "A", "secret-a" }, b = { "B", "secret-b" };

static void test_which_key_is_told(void)
{
	static const struct {
		const struct pair *environment, *file;
		bool has_file;
		const char *keys;
		enum firstrun_key expected;
	} cases[] = {
		/* nobody asks for a particular one */
		{ NULL, NULL, false, "[]", FIRSTRUN_MADE },
		{ NULL, NULL, true, "[]", FIRSTRUN_MADE },
		{ NULL, NULL, false, "[{\"access_key\":\"A\"}]", FIRSTRUN_UNKNOWN },
		{ NULL, NULL, true, "[{\"access_key\":\"A\"}]", FIRSTRUN_MADE },
		/* the credentials file remembers one */
		{ NULL, &a, true, "[{\"access_key\":\"B\"},{\"access_key\":\"A\"}]",
		  FIRSTRUN_REMEMBERED },
		{ NULL, &a, true, "[{\"access_key\":\"B\"}]", FIRSTRUN_MADE },
		{ NULL, &a, true, "[]", FIRSTRUN_MADE },
		/* the environment asks for one */
		{ &a, NULL, false, "[]", FIRSTRUN_MADE },
		{ &a, NULL, true, "[{\"access_key\":\"B\"}]", FIRSTRUN_MADE },
		{ &a, &b, true, "[{\"access_key\":\"B\"}]", FIRSTRUN_MADE },
		{ &a, NULL, false, "[{\"access_key\":\"A\"}]", FIRSTRUN_TOLD },
		{ &a, NULL, true, "[{\"access_key\":\"A\"}]", FIRSTRUN_TOLD },
		{ &a, &b, true, "[{\"access_key\":\"A\"},{\"access_key\":\"B\"}]", FIRSTRUN_TOLD },
		{ &a, &a, true, "[{\"access_key\":\"A\"}]", FIRSTRUN_REMEMBERED },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct firstrun_wish wish = { cases[i].environment, cases[i].file,
						    cases[i].has_file };
		json_t *keys = json_loads(cases[i].keys, 0, NULL);

		assert(keys);
		assert(firstrun_decide(&wish, keys) == cases[i].expected);
		json_decref(keys);
	}
}

int main(void)
{
	test_which_key_is_told();
	return 0;
}
