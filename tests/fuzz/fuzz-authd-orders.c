/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Whatever an operator says on the admin socket, each line has one answer, a JSON object that says
 * whether it was done or why not; and what there is then is what there is when authd has started
 * again. The input is lines.
 */

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "tests/unit/authd/clerk.h"
#include "unsynced.h"

#undef NDEBUG
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const lists[] = { "{\"do\":\"tenant.list\"}", "{\"do\":\"user.list\"}",
				     "{\"do\":\"key.list\"}", "{\"do\":\"token.list\"}" };

static struct office office;

static void check_answer(const char *line)
{
	json_t *answer = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
	const json_t *ok = json_object_get(answer, "ok");
	const char *error = json_string_value(json_object_get(answer, "error"));

	assert(json_is_boolean(ok));
	assert(json_is_true(ok) == !error && (!error || error[0]));
	json_decref(answer);
}

static void order_all(struct span lines)
{
	int fd = clerk_connect(&office);
	size_t n = 1;

	for (size_t i = 0; i < lines.len; i++)
		n += span_bytes(lines)[i] == '\n';
	clerk_say(&office, fd, lines.data, lines.len);
	clerk_say(&office, fd, "\n", 1);
	while (n--) {
		const char *line = clerk_hear(&office, fd);

		assert(line);
		check_answer(line);
	}
	close(fd);
	office_settle(&office);
}

static void list_all(json_t *ret[static ARRAY_SIZE(lists)])
{
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		ret[i] = clerk_ask(&office, lists[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *before[ARRAY_SIZE(lists)], *behind[ARRAY_SIZE(lists)];

	log_init("fuzz", 0);
	office_open(&office);
	order_all((struct span){ data ? data : (const uint8_t *)"", size });
	list_all(before);
	office_restart(&office);
	list_all(behind);
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		assert(json_equal(before[i], behind[i]));
		json_decref(before[i]);
		json_decref(behind[i]);
	}
	office_close(&office);
	return 0;
}
