/* SPDX-License-Identifier: Apache-2.0 */
#undef NDEBUG
#include "frontend/download.h"

#include <assert.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int make_blob(const char *bytes)
{
	int fd = memfd_create("blob", MFD_CLOEXEC);

	assert(fd >= 0 && write(fd, bytes, strlen(bytes)) == (ssize_t)strlen(bytes));
	return fd;
}

static bool is_closed(int fd)
{
	return fcntl(fd, F_GETFD) < 0;
}

static void test_extents_go_in_order_and_are_closed(void)
{
	int first = make_blob("xxhello"), second = make_blob(" world"), kept = second;
	int kept_first = first;
	struct download d;

	download_init(&d, 11);
	assert(download_add(&d, &first, 2, 5) && first == -1);
	assert(!download_has_all(&d));
	assert(download_add(&d, &second, 0, 6) && download_has_all(&d));
	assert(!download_sent(&d, 3));
	assert(d.window[0].fd == kept_first);
	assert(d.window[0].offset == 5 && d.window[0].length == 2);
	assert(download_sent(&d, 2) && is_closed(kept_first));
	assert(d.n == 1 && d.window[0].fd == kept && d.window[0].offset == 0);
	assert(download_sent(&d, 6) && is_closed(kept) && d.n == 0);
	download_clear(&d);
}

static void test_what_was_not_announced_does_not_fit(void)
{
	int fd = make_blob("hello");
	struct download d;

	download_init(&d, 4);
	assert(!download_add(&d, &fd, 0, 5));
	assert(!download_add(&d, &fd, 0, 0));
	assert(download_add(&d, &fd, 0, 3));
	fd = make_blob("hello");
	assert(!download_add(&d, &fd, 0, 2) && fd >= 0);
	close(fd);
	download_clear(&d);
}

static void test_window_is_bounded(void)
{
	struct download d;
	int fd;

	download_init(&d, 100);
	for (unsigned int i = 0; i < DOWNLOAD_WINDOW; i++) {
		fd = make_blob("x");
		assert(download_add(&d, &fd, 0, 1));
	}
	fd = make_blob("x");
	assert(!download_add(&d, &fd, 0, 1));
	close(fd);
	fd = d.window[0].fd;
	download_clear(&d);
	assert(is_closed(fd) && d.n == 0);
}

int main(void)
{
	test_extents_go_in_order_and_are_closed();
	test_what_was_not_announced_does_not_fit();
	test_window_is_bounded();
	return 0;
}
