/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/crash/desk.h"

#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "clerk.h"

#undef NDEBUG
#include <assert.h>

#define ORDER_LEN_MAX 1024

static struct office office;
static int stored = -1;

/* --- stored -------------------------------------------------------------------------------- */

static bool has_come(int fd)
{
	struct pollfd p = { fd, POLLIN, 0 };

	return poll(&p, 1, 0) > 0;
}

static bool answer_of_stored(const struct ipc_message *asked, struct ipc_message *ret)
{
	if (asked->number == IPC_PROVIDE) {
		*ret = (struct ipc_message){ .number = IPC_PROVIDED,
					     .provided.order = asked->provide.order };
		return true;
	}
	if (asked->number == IPC_SUSPEND && asked->suspend.order) {
		*ret = (struct ipc_message){ .number = IPC_SUSPEND_TAKEN,
					     .suspend_taken.order = asked->suspend.order };
		return true;
	}
	*ret = (struct ipc_message){ .number = IPC_ERASED, .erased.order = asked->erase.order };
	return asked->number == IPC_ERASE;
}

static void go_on(void)
{
	struct ipc_message asked, answer;

	assert(authd_step(&office.authd, 1) == 0);
	while (has_come(stored)) {
		assert(office_receive(&office, stored, IPC_AUTHD_TO_STORED_DIRECTION, &asked));
		if (answer_of_stored(&asked, &answer))
			office_send(stored, &answer);
	}
}

/* --- life ---------------------------------------------------------------------------------- */

int desk_open(const char *directory, struct authd **ret)
{
	struct ipc_hash key;
	uint64_t epoch;
	int r = office_move_in(&office, directory);

	if (r < 0)
		return r;
	stored = office_stored_ready(&office, &epoch, &key);
	*ret = &office.authd;
	return 0;
}

void desk_close(void)
{
	office_move_out(&office);
	close(stored);
}

/* --- orders -------------------------------------------------------------------------------- */

int desk_order(json_t *order)
{
	int fd = clerk_connect(&office);
	char line[ORDER_LEN_MAX];
	size_t len = json_dumpb(order, line, sizeof(line), JSON_COMPACT);

	assert(len && len < sizeof(line));
	line[len++] = '\n';
	clerk_say(&office, fd, line, len);
	json_decref(order);
	return fd;
}

json_t *desk_answer(int fd)
{
	json_t *answer;

	while (!has_come(fd))
		go_on();
	answer = json_loads(clerk_hear(&office, fd), 0, NULL);
	assert(answer);
	close(fd);
	return answer;
}

void desk_done(json_t *order)
{
	clerk_done(desk_answer(desk_order(order)));
}

void desk_settle(void)
{
	do {
		go_on();
		office_settle(&office);
	} while (writer_waiting(office.authd.writer) || has_come(stored));
}

/* --- what the numbers mean ----------------------------------------------------------------- */

const char *desk_tenant(unsigned int tenant, char buf[static DESK_NAME_MAX])
{
	snprintf(buf, DESK_NAME_MAX, "tenant-%u", tenant);
	return buf;
}

const char *desk_title(uint64_t value, char buf[static DESK_NAME_MAX])
{
	snprintf(buf, DESK_NAME_MAX, "Title %llu", (unsigned long long)value);
	return buf;
}

const char *desk_user(unsigned int index, char buf[static DESK_NAME_MAX])
{
	snprintf(buf, DESK_NAME_MAX, "user-%u", index);
	return buf;
}

/* As it is kept, without white space. */
const char *desk_policy(uint64_t value, char buf[static DESK_NAME_MAX])
{
	snprintf(buf, DESK_NAME_MAX,
		 "{\"Statement\":[{\"Sid\":\"S%llu\",\"Effect\":\"Allow\","
		 "\"Action\":\"s3:*\",\"Resource\":\"*\"}]}",
		 (unsigned long long)value);
	return buf;
}

const char *desk_key(struct slot s, char buf[static DESK_NAME_MAX])
{
	snprintf(buf, DESK_NAME_MAX, "KEY%uOF%u", s.index, s.tenant);
	return buf;
}

/* The same whether the key is disabled or not. */
const char *desk_secret(uint64_t value, char buf[static DESK_NAME_MAX])
{
	snprintf(buf, DESK_NAME_MAX, "a-secret-%llu", (unsigned long long)value / 2);
	return buf;
}

const char *desk_token(unsigned int index, char buf[static DESK_NAME_MAX])
{
	snprintf(buf, DESK_NAME_MAX, "token-%u", index);
	return buf;
}

void desk_token_hash(uint64_t value, uint8_t ret[static TOKEN_HASH_LEN])
{
	memset(ret, 0x5a, TOKEN_HASH_LEN);
	memcpy(ret, &value, sizeof(value));
}
