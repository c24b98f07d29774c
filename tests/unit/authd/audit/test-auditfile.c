/* SPDX-License-Identifier: Apache-2.0 */

/* The files of the audit log, which only grow. */

#undef NDEBUG
#include "authd/audit/auditfile.h"

#include <assert.h>
#include <dirent.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "audit-scene.h"
#include "base/fd.h"

static const struct auditfile_limits wide = { 1000, 3 }, narrow = { 10, 3 };
static char directory[] = "/tmp/authd-audit-XXXXXX";

static void begin(void)
{
	strcpy(directory + strlen(directory) - 6, "XXXXXX");
	assert(mkdtemp(directory));
}

static void end(void)
{
	DIR *d = opendir(directory);
	const struct dirent *e;

	while ((e = readdir(d)))
		unlinkat(dirfd(d), e->d_name, 0);
	closedir(d);
	assert(rmdir(directory) == 0);
}

static struct auditfile *open_it(const struct auditfile_limits *limits)
{
	struct auditfile *f;

	assert(auditfile_open(directory, "audit", limits, &f) == 0);
	return f;
}

static bool is_there(const char *name)
{
	char path[200];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return access(path, F_OK) == 0;
}

static const char *contents(const char *name)
{
	return contents_of(directory, name);
}

static void test_lines_are_appended_over_restarts(void)
{
	struct auditfile *f;
	struct stat st;

	begin();
	for (int i = 0; i < 3; i++) {
		f = open_it(&wide);
		assert(auditfile_append(f, SPAN("one\n"), false) == 0);
		assert(auditfile_append(f, SPAN("two\n"), true) == 0);
		auditfile_close(f);
	}
	assert(strcmp(contents("audit.1.log"), "one\ntwo\none\ntwo\none\ntwo\n") == 0);
	assert(stat(directory, &st) == 0 && !contents("audit.2.log"));
	end();
}

static void test_it_is_its_owners_alone(void)
{
	char path[200];
	struct stat st;

	begin();
	auditfile_close(open_it(&wide));
	snprintf(path, sizeof(path), "%s/audit.1.log", directory);
	assert(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600);
	end();
}

static void test_a_full_file_is_followed_by_the_next_and_the_oldest_goes(void)
{
	struct auditfile *f;
	char line[20];

	begin();
	f = open_it(&narrow);
	for (int i = 1; i <= 10; i++) {
		snprintf(line, sizeof(line), "line %d\n", i);
		assert(auditfile_append(f, span_from_string(line), true) == 0);
	}
	assert(!contents("audit.1.log") && !contents("audit.2.log"));
	assert(strcmp(contents("audit.3.log"), "line 5\nline 6\n") == 0);
	assert(strcmp(contents("audit.5.log"), "line 9\nline 10\n") == 0);
	assert(!contents("audit.6.log"));
	auditfile_close(f);
	/* The next process goes on with the last, and knows the oldest. */
	f = open_it(&narrow);
	assert(auditfile_append(f, SPAN("line 11\n"), true) == 0);
	assert(!contents("audit.3.log") && strcmp(contents("audit.6.log"), "line 11\n") == 0);
	auditfile_close(f);
	end();
}

static void test_other_files_are_left_alone(void)
{
	static const char *const others[] = { "audit.log", "audit.01.log", "audit.9.log.gz",
					      "audit.x.log", "denials.7.log" };
	struct auditfile *f;
	char path[200];

	begin();
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, others[i]);
		fd_close(open(path, O_CREAT | O_WRONLY, 0600));
	}
	f = open_it(&narrow);
	for (int i = 0; i < 20; i++)
		assert(auditfile_append(f, SPAN("0123456789\n"), false) == 0);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		assert(strcmp(contents(others[i]), "") == 0);
	assert(contents("audit.20.log"));
	auditfile_close(f);
	end();
}

static void test_a_line_that_a_crash_has_cut_stays_by_itself(void)
{
	struct auditfile *f;
	char path[200];
	int fd;

	begin();
	snprintf(path, sizeof(path), "%s/audit.1.log", directory);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	assert(write(fd, "whole\n{\"ev", 10) == 10);
	close(fd);
	f = open_it(&wide);
	assert(auditfile_append(f, SPAN("next\n"), true) == 0);
	assert(strcmp(contents("audit.1.log"), "whole\n{\"ev\nnext\n") == 0);
	auditfile_close(f);
	end();
}

static void test_what_does_not_fit_is_not_there_by_half(void)
{
	struct auditfile *f;

	begin();
	f = open_it(&wide);
	assert(auditfile_append(f, SPAN("fits\n"), true) == 0);
	limit_files(8);
	assert(auditfile_append(f, SPAN("does not\n"), true) == -EFBIG);
	assert(strcmp(contents("audit.1.log"), "fits\n") == 0);
	limit_files(RLIM_INFINITY);
	assert(auditfile_append(f, SPAN("again\n"), true) == 0);
	assert(strcmp(contents("audit.1.log"), "fits\nagain\n") == 0);
	auditfile_close(f);
	end();
}

/* In place of libc's, in all of this process. */
static int file_flush_error, directory_flush_error;

static bool directory_is_flushed;

static int flush(int fd, long call, int error)
{
	errno = error;
	return error ? -1 : (int)syscall(call, fd);
}

int fdatasync(int fd)
{
	return flush(fd, SYS_fdatasync, file_flush_error);
}

int fsync(int fd)
{
	struct stat st;

	assert(fstat(fd, &st) == 0);
	if (!S_ISDIR(st.st_mode))
		return flush(fd, SYS_fsync, 0);
	directory_is_flushed = !directory_flush_error;
	return flush(fd, SYS_fsync, directory_flush_error);
}

static void test_a_failed_flush_is_final_whatever_it_is_called(void)
{
	static const int errors[] = { EIO, ENOSPC, EDQUOT };
	struct auditfile *f;

	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		begin();
		f = open_it(&wide);
		assert(auditfile_append(f, SPAN("durable\n"), true) == 0);
		file_flush_error = errors[i];
		assert(auditfile_append(f, SPAN("who knows\n"), true) == -errors[i]);
		file_flush_error = 0;
		assert(auditfile_append(f, SPAN("after\n"), true) == -EIO);
		assert(auditfile_append(f, SPAN("after\n"), false) == -EIO);
		assert(!strstr(contents("audit.1.log"), "after"));
		auditfile_close(f);
		/* A restart reads anew what the disk has. */
		f = open_it(&wide);
		assert(auditfile_append(f, SPAN("restarted\n"), true) == 0);
		auditfile_close(f);
		end();
	}
}

static void test_a_file_whose_name_may_be_lost_is_not_written_to(void)
{
	struct auditfile *f;

	begin();
	f = open_it(&narrow);
	assert(auditfile_append(f, SPAN("0123456789\n"), true) == 0);
	directory_flush_error = ENOSPC;
	assert(auditfile_append(f, SPAN("next\n"), true) == -ENOSPC);
	directory_flush_error = 0;
	assert(auditfile_append(f, SPAN("next\n"), true) == -EIO);
	assert(strcmp(contents("audit.1.log"), "0123456789\n") == 0);
	/* A directory that a failed flush has left clean would not be written by the next one. */
	assert(!is_there("audit.2.log"));
	auditfile_close(f);
	f = open_it(&narrow);
	assert(auditfile_append(f, SPAN("restarted\n"), true) == 0);
	assert(strcmp(contents("audit.2.log"), "restarted\n") == 0);
	auditfile_close(f);
	end();
}

/* Whoever made it may have been killed before its name was flushed. */
static void test_the_name_of_one_that_is_there_is_flushed(void)
{
	struct auditfile *f;

	begin();
	auditfile_close(open_it(&wide));
	directory_is_flushed = false;
	f = open_it(&wide);
	assert(directory_is_flushed && !auditfile_has_failed(f));
	auditfile_close(f);
	directory_flush_error = EIO;
	f = open_it(&wide);
	assert(auditfile_has_failed(f) && auditfile_append(f, SPAN("lost\n"), true) == -EIO);
	directory_flush_error = 0;
	auditfile_close(f);
	end();
}

static void test_a_link_in_its_place_is_not_followed(void)
{
	char path[200], target[200];
	struct auditfile *f;

	begin();
	snprintf(path, sizeof(path), "%s/audit.1.log", directory);
	snprintf(target, sizeof(target), "%s/target", directory);
	assert(symlink(target, path) == 0);
	assert(auditfile_open(directory, "audit", &wide, &f) == -ELOOP);
	end();
}

int main(void)
{
	test_lines_are_appended_over_restarts();
	test_it_is_its_owners_alone();
	test_a_full_file_is_followed_by_the_next_and_the_oldest_goes();
	test_other_files_are_left_alone();
	test_a_line_that_a_crash_has_cut_stays_by_itself();
	test_what_does_not_fit_is_not_there_by_half();
	test_a_failed_flush_is_final_whatever_it_is_called();
	test_a_file_whose_name_may_be_lost_is_not_written_to();
	test_the_name_of_one_that_is_there_is_flushed();
	test_a_link_in_its_place_is_not_followed();
	return 0;
}
