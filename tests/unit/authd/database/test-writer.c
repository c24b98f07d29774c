/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/database/writer.h"

#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "database/place.h"

#undef NDEBUG
#include <assert.h>

static const uint8_t master[KEYRING_MASTER_LEN] = { 2 };

struct desk {
	struct loop loop;
	struct keyring *keyring;
	struct database *database;
	struct writer *writer;
	struct auditfile *log;
	int results[WRITER_QUEUE_MAX];
	size_t n_results;
};

static void remove_log(void)
{
	char name[160];

	snprintf(name, sizeof(name), "%s/log.1.log", directory);
	assert(unlink(name) == 0);
}

static void desk_open(struct desk *d)
{
	*d = (struct desk){ 0 };
	assert(loop_init(&d->loop) == 0);
	assert(keyring_new(master, &d->keyring) == 0);
	assert(database_open(path, &d->database) == 0);
	assert(database_load(d->database, d->keyring) == 0);
	assert(writer_new(d->database, &d->loop, &d->writer) == 0);
}

static void desk_close(struct desk *d)
{
	writer_free(d->writer);
	database_close(d->database);
	keyring_free(d->keyring);
	loop_clear(&d->loop);
}

/* What is durable comes into the keyring, as an order does it. */
static void done(struct change *c)
{
	struct desk *d = c->owner;

	d->results[d->n_results++ % WRITER_QUEUE_MAX] = c->result;
	if (c->result == DATABASE_OK && c->kind == CHANGE_ADD_TENANT)
		assert(keyring_add_tenant(d->keyring, steal_ptr(c->tenant)) == KEYRING_OK);
	change_free(c);
}

static struct change *new_tenant(struct desk *d, const char *name)
{
	struct change *c = calloc(1, sizeof(*c));

	assert(c);
	c->kind = CHANGE_ADD_TENANT;
	c->done = done;
	c->owner = d;
	assert(tenant_new(span_from_string(name), SPAN("x"), SPAN(""), SPAN(""), &c->tenant) == 0);
	return c;
}

static void wait_for(struct desk *d, size_t n)
{
	while (d->n_results < n)
		assert(loop_step(&d->loop, 1000) == 0);
}

static int add_tenant(struct desk *d, const char *name)
{
	size_t before = d->n_results;

	assert(writer_submit(d->writer, new_tenant(d, name)) == WRITER_OK);
	wait_for(d, before + 1);
	return d->results[before % WRITER_QUEUE_MAX];
}

static void test_changes_come_back_in_their_order(void)
{
	char name[32];
	struct desk d;

	make_directory();
	desk_open(&d);
	for (int i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "tenant-%d", i / 2);
		assert(writer_submit(d.writer, new_tenant(&d, name)) == WRITER_OK);
	}
	wait_for(&d, 40);
	for (int i = 0; i < 40; i++)
		assert(d.results[i] == (i % 2 ? DATABASE_EXISTS : DATABASE_OK));
	desk_close(&d);
	remove_directory();
}

static void test_the_queue_is_bounded(void)
{
	struct change *surplus;
	char name[32];
	struct desk d;

	make_directory();
	desk_open(&d);
	/* Nobody is told while the loop does not turn, so none of them leaves the count. */
	for (int i = 0; i < WRITER_QUEUE_MAX; i++) {
		snprintf(name, sizeof(name), "tenant-%d", i);
		assert(writer_submit(d.writer, new_tenant(&d, name)) == WRITER_OK);
	}
	surplus = new_tenant(&d, "one-too-many");
	assert(writer_submit(d.writer, surplus) == WRITER_FULL);
	change_free(surplus);
	desk_close(&d);
	remove_directory();
}

static void test_what_waits_at_the_end_is_still_made(void)
{
	struct desk d;

	make_directory();
	desk_open(&d);
	assert(writer_submit(d.writer, new_tenant(&d, "first")) == WRITER_OK);
	assert(writer_submit(d.writer, new_tenant(&d, "second")) == WRITER_OK);
	desk_close(&d);
	assert(d.n_results == 2);
	desk_open(&d);
	assert(keyring_tenant_count(d.keyring) == 2);
	desk_close(&d);
	remove_directory();
}

/* One that says what came of it, and would order another change. */
static void done_and_said(struct change *c)
{
	struct desk *d = c->owner;
	struct change *record = calloc(1, sizeof(*record)), *another = new_tenant(d, "another");

	record->kind = CHANGE_AUDIT;
	record->file = d->log;
	record->lines = BUFFER_INIT(64);
	buffer_append_string(&record->lines, "done\n");
	record->done = done;
	record->owner = d;
	assert(writer_submit(d->writer, record) == WRITER_OK);
	assert(writer_submit(d->writer, another) == WRITER_FULL);
	change_free(another);
	done(c);
}

static void test_what_is_said_of_changes_at_the_end_is_written(void)
{
	static const struct auditfile_limits limits = { 1 << 20, 2 };
	char name[32], log_path[128];
	struct change *c;
	struct stat st;
	struct desk d;

	make_directory();
	desk_open(&d);
	assert(auditfile_open(directory, "log", &limits, &d.log) == 0);
	for (int i = 0; i < WRITER_QUEUE_MAX; i++) {
		snprintf(name, sizeof(name), "tenant-%d", i);
		c = new_tenant(&d, name);
		c->done = done_and_said;
		assert(writer_submit(d.writer, c) == WRITER_OK);
	}
	desk_close(&d);
	assert(d.n_results == 2 * WRITER_QUEUE_MAX);
	auditfile_close(d.log);
	snprintf(log_path, sizeof(log_path), "%s/log.1.log", directory);
	assert(stat(log_path, &st) == 0 && st.st_size == WRITER_QUEUE_MAX * 5);
	remove_log();
	remove_directory();
}

static void limit_files(rlim_t most)
{
	struct rlimit l;

	assert(getrlimit(RLIMIT_FSIZE, &l) == 0);
	l.rlim_cur = most;
	assert(setrlimit(RLIMIT_FSIZE, &l) == 0);
}

/* After a write that failed nothing is called durable until the file has been read anew. */
static void test_nothing_is_durable_behind_a_failed_write(void)
{
	struct desk d;

	make_directory();
	desk_open(&d);
	assert(add_tenant(&d, "before") == DATABASE_OK);
	signal(SIGXFSZ, SIG_IGN);
	limit_files(1);
	assert(!writer_has_failed(d.writer));
	assert(add_tenant(&d, "failed") == -EIO);
	assert(writer_has_failed(d.writer));
	limit_files(RLIM_INFINITY);
	assert(add_tenant(&d, "after") == -EIO);
	desk_close(&d);
	desk_open(&d);
	assert(keyring_find_tenant(d.keyring, SPAN("before")));
	assert(keyring_tenant_count(d.keyring) == 1 && !writer_has_failed(d.writer));
	assert(add_tenant(&d, "again") == DATABASE_OK);
	desk_close(&d);
	remove_directory();
}

/* In the library's place: files cannot be flushed. */
static bool flushes_fail;

int fdatasync(int fd)
{
	if (!flushes_fail)
		return (int)syscall(SYS_fdatasync, fd);
	errno = EIO;
	return -1;
}

static bool has_log(void)
{
	char name[160];

	snprintf(name, sizeof(name), "%s-wal", path);
	return access(name, F_OK) == 0;
}

/* The kernel would say that the next flush is fine: what is in the log is read again, and flushed, first. */
static void test_an_unsettled_log_is_read_only_until_it_is_read_again(void)
{
	struct desk d;

	make_directory();
	desk_open(&d);
	assert(add_tenant(&d, "before") == DATABASE_OK);
	flushes_fail = true;
	assert(add_tenant(&d, "failed") == -EIO);
	desk_close(&d);
	assert(has_log());
	desk_open(&d);
	assert(!database_is_settled(d.database) && keyring_find_tenant(d.keyring, SPAN("before")));
	flushes_fail = false;
	assert(add_tenant(&d, "unsettled") == -EIO && !writer_has_failed(d.writer));
	desk_close(&d);
	assert(has_log());
	desk_open(&d);
	assert(database_is_settled(d.database) && keyring_find_tenant(d.keyring, SPAN("before")));
	assert(!keyring_find_tenant(d.keyring, SPAN("unsettled")));
	assert(add_tenant(&d, "again") == DATABASE_OK);
	desk_close(&d);
	assert(!has_log());
	remove_directory();
}

/* Else it would end, and be back, with each change: what was used is written every minute. */
static void test_one_that_can_write_nothing_from_its_start_on_is_read_only(void)
{
	struct desk d;

	make_directory();
	desk_open(&d);
	assert(add_tenant(&d, "before") == DATABASE_OK);
	desk_close(&d);
	assert(!has_log());
	flushes_fail = true;
	desk_open(&d);
	assert(!database_is_settled(d.database) && keyring_find_tenant(d.keyring, SPAN("before")));
	assert(add_tenant(&d, "again") == -EIO && !writer_has_failed(d.writer));
	flushes_fail = false;
	desk_close(&d);
	desk_open(&d);
	assert(database_is_settled(d.database) && keyring_tenant_count(d.keyring) == 1);
	assert(add_tenant(&d, "again") == DATABASE_OK);
	desk_close(&d);
	assert(!has_log());
	remove_directory();
}

static struct change *new_line(struct desk *d, bool vital)
{
	struct change *c = calloc(1, sizeof(*c));

	assert(c);
	*c = (struct change){ .kind = CHANGE_AUDIT,
			      .file = d->log,
			      .lines = BUFFER_INIT(64),
			      .flush = true,
			      .vital = vital,
			      .done = done,
			      .owner = d };
	buffer_append_string(&c->lines, "line\n");
	return c;
}

/* What is in the log of orders of one that was not made, nobody must be able to take for done. */
static void test_a_log_that_cannot_be_flushed_is_opened_anew(void)
{
	static const struct auditfile_limits limits = { 1 << 20, 2 };
	struct desk d;

	make_directory();
	desk_open(&d);
	assert(auditfile_open(directory, "log", &limits, &d.log) == 0);
	flushes_fail = true;
	assert(writer_submit(d.writer, new_line(&d, true)) == WRITER_OK);
	wait_for(&d, 1);
	assert(d.results[0] == -EIO && writer_has_failed(d.writer));
	auditfile_close(d.log);
	/* Where it still cannot be, another start would be no better. */
	assert(auditfile_open(directory, "log", &limits, &d.log) == 0 && auditfile_has_failed(d.log));
	auditfile_close(d.log);
	flushes_fail = false;
	assert(auditfile_open(directory, "log", &limits, &d.log) == 0 && !auditfile_has_failed(d.log));
	auditfile_close(d.log);
	desk_close(&d);
	remove_log();
	remove_directory();
}

/* Denials are what strangers make: they must not be able to have authd end on a disk that fails. */
static void test_a_log_that_no_order_needs_ends_nothing(void)
{
	static const struct auditfile_limits limits = { 1 << 20, 2 };
	struct desk d;

	make_directory();
	desk_open(&d);
	assert(auditfile_open(directory, "log", &limits, &d.log) == 0);
	flushes_fail = true;
	assert(writer_submit(d.writer, new_line(&d, false)) == WRITER_OK);
	wait_for(&d, 1);
	flushes_fail = false;
	assert(d.results[0] == -EIO && auditfile_has_failed(d.log) && !writer_has_failed(d.writer));
	assert(add_tenant(&d, "ordered") == DATABASE_OK);
	auditfile_close(d.log);
	desk_close(&d);
	remove_log();
	remove_directory();
}

/* T80, authd's part: what was acknowledged is there after a kill at any moment. */
static void test_t80_what_was_acknowledged_survives_a_kill(void)
{
	int line[2], acknowledged = 0, number;
	struct desk d;
	char name[32];
	pid_t pid;

	make_directory();
	for (int round = 0; round < 5; round++) {
		assert(pipe(line) == 0);
		pid = fork();
		assert(pid >= 0);
		if (pid == 0) {
			desk_open(&d);
			for (int i = acknowledged;; i++) {
				snprintf(name, sizeof(name), "tenant-%d", i);
				if (add_tenant(&d, name) != DATABASE_OK)
					_exit(1);
				if (write(line[1], &i, sizeof(i)) != sizeof(i))
					_exit(1);
			}
		}
		close(line[1]);
		for (int i = 0; i < 3 + round; i++)
			assert(read(line[0], &number, sizeof(number)) == sizeof(number));
		assert(kill(pid, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid);
		while (read(line[0], &number, sizeof(number)) == sizeof(number))
			;
		close(line[0]);
		desk_open(&d);
		for (int i = 0; i <= number; i++) {
			snprintf(name, sizeof(name), "tenant-%d", i);
			assert(keyring_find_tenant(d.keyring, span_from_string(name)));
		}
		/* One more may have been made without its acknowledgement. */
		acknowledged = (int)keyring_tenant_count(d.keyring);
		assert(acknowledged == number + 1 || acknowledged == number + 2);
		desk_close(&d);
	}
	remove_directory();
}

int main(void)
{
	assert(sodium_init() >= 0);
	test_changes_come_back_in_their_order();
	test_the_queue_is_bounded();
	test_what_waits_at_the_end_is_still_made();
	test_what_is_said_of_changes_at_the_end_is_written();
	test_nothing_is_durable_behind_a_failed_write();
	test_an_unsettled_log_is_read_only_until_it_is_read_again();
	test_one_that_can_write_nothing_from_its_start_on_is_read_only();
	test_a_log_that_cannot_be_flushed_is_opened_anew();
	test_a_log_that_no_order_needs_ends_nothing();
	test_t80_what_was_acknowledged_survives_a_kill();
	return 0;
}
