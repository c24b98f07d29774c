/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Tenants of an office, a clerk who orders about them, and a stored that hears of it. */

#undef NDEBUG
#include <assert.h>
#include <stdio.h>
#include <unistd.h>

#include "authd/orders/orders.h"
#include "base/clock.h"
#include "clerk.h"

static struct office office;
static int stored; /* the other end of authd's line to it */

static inline void connect_stored(void)
{
	struct ipc_hash key;
	uint64_t epoch;

	stored = office_stored_ready(&office, &epoch, &key);
}

static inline struct tenant *find(const char *name)
{
	return keyring_find_tenant(office.authd.keyring, span_from_string(name));
}

static inline json_t *order(const char *what, const char *name, const char *more)
{
	char line[512];

	snprintf(line, sizeof(line), "{\"do\":\"%s\",\"name\":\"%s\"%s}", what, name, more);
	return clerk_ask(&office, line);
}

/* A member of the tenant that an order was answered with. */
static inline bool told(json_t *answer, const char *member, const char *value)
{
	const json_t *t = json_object_get(answer, "tenant");
	bool same = strcmp(json_string_value(json_object_get(t, member)), value) == 0;

	clerk_done(answer);
	return same;
}

static inline void create(const char *name)
{
	clerk_done(order("tenant.create", name, ""));
}

/* A key of that tenant's; the answer is who has it. */
static inline const struct access_key *create_key(const char *tenant, const char *id)
{
	char line[512];

	snprintf(line, sizeof(line),
		 "{\"do\":\"key.create\",\"tenant\":\"%s\",\"access_key\":\"%s\","
		 "\"secret_key\":\"secretsecret\"}",
		 tenant, id);
	clerk_done(clerk_ask(&office, line));
	return keyring_find_key(office.authd.keyring, span_from_string(id));
}

/* --- what stored hears --------------------------------------------------------------------- */

static inline uint64_t hear_erase(const struct ipc_id *tenant, enum erase_mode mode)
{
	struct ipc_message m;

	assert(office_receive(&office, stored, IPC_AUTHD_TO_STORED_DIRECTION, &m));
	assert(m.number == IPC_ERASE && m.erase.mode == mode);
	assert(ipc_id_equal(&m.erase.tenant, tenant));
	return m.erase.order;
}

static inline void say_erased(uint64_t number, enum s3_error error)
{
	struct ipc_message m = { .number = IPC_ERASED,
				 .erased = { .order = number, .error = (uint16_t)error } };

	office_send(stored, &m);
	office_settle(&office);
}

/* Until the writer has made durable what follows from what was said. */
static inline void wait_for_writer(void)
{
	uint64_t end_ns = clock_boottime_ns() + OFFICE_PATIENCE_NS;

	while (writer_waiting(office.authd.writer) && clock_boottime_ns() < end_ns)
		assert(authd_step(&office.authd, 1) == 0);
	office_settle(&office);
}

static inline uint64_t hear_suspend(const struct ipc_id *tenant, bool suspended)
{
	struct ipc_message m;

	assert(office_receive(&office, stored, IPC_AUTHD_TO_STORED_DIRECTION, &m));
	assert(m.number == IPC_SUSPEND && m.suspend.suspended == suspended);
	assert(ipc_id_equal(&m.suspend.tenant, tenant));
	return m.suspend.order;
}

static inline void say_suspend_taken(uint64_t number)
{
	struct ipc_message m = { .number = IPC_SUSPEND_TAKEN, .suspend_taken.order = number };

	office_send(stored, &m);
	office_settle(&office);
}

static inline json_t *hear_answer(int fd)
{
	json_t *answer = json_loads(clerk_hear(&office, fd), 0, NULL);

	close(fd);
	return answer;
}

/* It is all gone: stored need not keep it closed any more. */
static inline void say_all_erased(uint64_t number, const struct ipc_id *tenant)
{
	say_erased(number, S3_ERROR_NONE);
	wait_for_writer();
	assert(hear_suspend(tenant, false) == 0);
}

/* What an order to delete is answered with, which waits until stored has closed the tenant. */
static inline json_t *hear_marked(int fd, const struct ipc_id *tenant)
{
	uint64_t number = hear_suspend(tenant, true);

	assert(office_silent(&office, fd));
	say_suspend_taken(number);
	return hear_answer(fd);
}

static inline int begin_delete(const char *name, const char *more)
{
	int fd = clerk_connect(&office);
	char line[128];

	snprintf(line, sizeof(line), "{\"do\":\"tenant.delete\",\"name\":\"%s\"%s}\n", name, more);
	clerk_say(&office, fd, line, strlen(line));
	return fd;
}

static inline json_t *delete_all(const char *name)
{
	struct ipc_id id = find(name)->id;

	return hear_marked(begin_delete(name, ",\"data\":true"), &id);
}

/* Orders a tenant without data to be deleted, with stored's answer to the question. */
static inline json_t *delete_asking(const char *name, enum s3_error error)
{
	struct ipc_id id = find(name)->id;
	int fd = begin_delete(name, "");

	say_erased(hear_erase(&id, ERASE_ASK), error);
	return error ? hear_answer(fd) : hear_marked(fd, &id);
}

/* Begins to suspend the tenant, or to resume it; the connection where the answer comes. */
static inline int change_suspension(const char *name, bool suspended)
{
	int fd = clerk_connect(&office);
	char line[128];

	snprintf(line, sizeof(line), "{\"do\":\"tenant.%s\",\"name\":\"%s\"}\n",
		 suspended ? "suspend" : "resume", name);
	clerk_say(&office, fd, line, strlen(line));
	return fd;
}

/* The whole of it, with a stored that takes it. */
static inline json_t *suspend(const char *name, bool suspended)
{
	int fd = change_suspension(name, suspended);

	say_suspend_taken(hear_suspend(&find(name)->id, suspended));
	return hear_answer(fd);
}

static inline bool stored_was_told(const char *name)
{
	struct span all = buffer_span(&office.suspended);
	const struct ipc_id *id = &find(name)->id;

	for (; all.len; all = span_skip(all, sizeof(*id)))
		if (memcmp(all.data, id, sizeof(*id)) == 0)
			return true;
	return false;
}
