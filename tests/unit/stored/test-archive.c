/* SPDX-License-Identifier: Apache-2.0 */

/* Copies of a tenant, taken and brought by operators. */

#include "tests/unit/stored/operator-scene.h"

/* A file with these bytes, to be read. */
static int file_of(struct span bytes)
{
	char path[] = "/tmp/coffer-file-XXXXXX";
	int fd = mkstemp(path), read_fd = open(path, O_RDONLY | O_CLOEXEC);

	assert(fd >= 0 && read_fd >= 0 && unlink(path) == 0);
	assert(fd_write_all(fd, bytes) == 0);
	close(fd);
	return read_fd;
}

static struct ipc_message of_copies(enum ipc_number number)
{
	return (struct ipc_message){ .number = number };
}

/* What comes back to a message about copies, which may bring a file. */
static enum ipc_number say_of_copies(struct worker *o, struct ipc_message m, int fd)
{
	switch ((int)m.number) {
	case IPC_SNAPSHOT:
		m.snapshot.call = w.next_call++;
		break;
	case IPC_FETCH:
		m.fetch.call = w.next_call++;
		break;
	case IPC_RECEIVE_CATALOG:
		m.receive_catalog.call = w.next_call++;
		break;
	case IPC_RECEIVE_BLOB:
		m.receive_blob.call = w.next_call++;
		break;
	default:
		m.adopt.call = w.next_call++;
	}
	world_send(&w, o, &m, fd);
	return world_hear(&w, o);
}

static const struct {
	enum ipc_number number;
	enum operator_purpose purpose;
	bool has_file;
} of_copying[] = {
	{ IPC_SNAPSHOT, OPERATOR_BACKUP, false },
	{ IPC_FETCH, OPERATOR_BACKUP, false },
	{ IPC_RECEIVE_CATALOG, OPERATOR_RESTORE, true },
	{ IPC_RECEIVE_BLOB, OPERATOR_RESTORE, true },
	{ IPC_ADOPT, OPERATOR_RESTORE, false },
};

static void test_t21_a_tenant_is_copied_by_whom_the_grant_lets(void)
{
	struct worker o;

	begin();
	for (size_t i = 0; i < ARRAY_SIZE(of_copying); i++)
		for (enum operator_purpose p = 0; p < OPERATOR_PURPOSE_COUNT; p++) {
			struct ipc_message m = of_copies(of_copying[i].number);

			if (p == of_copying[i].purpose)
				continue;
			enter(p, &o);
			world_send(&w, &o, &m, of_copying[i].has_file ? file_of(SPAN("x")) : -1);
			assert_only_his_channel_ended(&o);
		}
	world_end(&w);
}

static void test_a_snapshot_is_two_files_that_can_only_be_read(void)
{
	struct ipc_message unknown = of_copies(IPC_FETCH);
	struct worker o;

	begin();
	enter(OPERATOR_BACKUP, &o);
	/* Of no snapshot there is no blob. */
	assert_error(say_of_copies(&o, unknown, -1), S3_ERROR_INVALID_REQUEST);
	assert(say_of_copies(&o, of_copies(IPC_SNAPSHOT), -1) == IPC_OBJECT);
	for (int i = 0; i < 2; i++) {
		assert(world_hear(&w, &o) == IPC_EXTENT);
		assert(w.heard.message.extent.offset == 0);
		assert(w.heard.message.extent.last == i);
		assert((fcntl(w.heard.fd, F_GETFL) & O_ACCMODE) == O_RDONLY);
	}
	assert_error(say_of_copies(&o, unknown, -1), S3_ERROR_NO_SUCH_KEY);
	/* A channel has one. */
	world_send(&w, &o, &(struct ipc_message){ .number = IPC_SNAPSHOT, .snapshot.call = 1000 },
		   -1);
	assert_only_his_channel_ended(&o);
	world_end(&w);
}

static void test_t72_what_is_no_catalog_is_refused_with_a_sentence(void)
{
	static const struct span files[] = { { "", 0 }, { "no database", 11 } };
	struct ipc_message m = of_copies(IPC_RECEIVE_CATALOG);
	struct worker o;
	int pipe_fds[2];

	begin();
	w.tenant.bytes[0]++;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		enter(OPERATOR_RESTORE, &o);
		m.receive_catalog.resumes = i > 0;
		assert_error(say_of_copies(&o, m, file_of(files[i])), S3_ERROR_INVALID_REQUEST);
		assert(w.heard.message.failed.detail.len);
		/* Nothing is gone on with. */
		assert_error(say_of_copies(&o, of_copies(IPC_RECEIVE_BLOB), file_of(SPAN("x"))),
			     S3_ERROR_INVALID_REQUEST);
		assert_error(say_of_copies(&o, of_copies(IPC_ADOPT), -1), S3_ERROR_INVALID_REQUEST);
		close(o.fd);
		assert(world_is_silent(&w, &w.worker));
	}
	/* Nobody waits for what comes through a pipe. */
	enter(OPERATOR_RESTORE, &o);
	assert(pipe2(pipe_fds, O_CLOEXEC) == 0);
	assert_error(say_of_copies(&o, m, pipe_fds[0]), S3_ERROR_INVALID_REQUEST);
	close(pipe_fds[1]);
	w.tenant.bytes[0]--;
	end(&o);
}

static void test_t70_a_restoration_that_is_malformed_ends_the_channel(void)
{
	struct ipc_message m = of_copies(IPC_RECEIVE_CATALOG);
	struct worker o;

	begin();
	enter(OPERATOR_RESTORE, &o);
	m.receive_catalog.resumes = 2;
	world_send(&w, &o, &m, file_of(SPAN("x")));
	assert_only_his_channel_ended(&o);
	enter(OPERATOR_RESTORE, &o);
	m.receive_catalog.resumes = 0;
	/* This tenant has something. */
	assert_error(say_of_copies(&o, m, file_of(SPAN("x"))), S3_ERROR_BUCKET_NOT_EMPTY);
	m.receive_catalog.call = 1000;
	world_send(&w, &o, &m, file_of(SPAN("x")));
	assert_only_his_channel_ended(&o);
	world_end(&w);
}

static void test_who_copies_a_tenant_may_be_busy_for_long(void)
{
	struct worker o;

	begin();
	enter(OPERATOR_BACKUP, &o);
	sweep_with(&o, OPERATOR_ARCHIVE_IDLE_NS / 2);
	assert(sessions_count(&w.service.sessions, &operator_role) == 1);
	sweep_with(&o, OPERATOR_ARCHIVE_IDLE_NS);
	assert_only_his_channel_ended(&o);
	world_end(&w);
}

int main(void)
{
	test_t21_a_tenant_is_copied_by_whom_the_grant_lets();
	test_a_snapshot_is_two_files_that_can_only_be_read();
	test_t72_what_is_no_catalog_is_refused_with_a_sentence();
	test_t70_a_restoration_that_is_malformed_ends_the_channel();
	test_who_copies_a_tenant_may_be_busy_for_long();
	buffer_clear(&sealed);
	return 0;
}
