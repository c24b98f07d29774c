/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/board.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

static size_t whole_pages(size_t len)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (len + page - 1) / page * page;
}

static size_t board_size(const struct board *b)
{
	return b->n_slots * b->slot_size + whole_pages(sizeof(struct board_parent));
}

/* F_SEAL_FUTURE_WRITE: the mapping that is there stays writable, and is the last one. */
static int map(struct board *b, int fd)
{
	size_t len = board_size(b);

	if (ftruncate(fd, (off_t)len) < 0)
		return -errno;
	b->writable = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (b->writable == MAP_FAILED) {
		b->writable = NULL;
		return -errno;
	}
	if (fcntl(fd, F_ADD_SEALS,
		  F_SEAL_FUTURE_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) < 0)
		return -errno;
	b->readable = mmap(NULL, len, PROT_READ, MAP_SHARED, fd, 0);
	if (b->readable == MAP_FAILED) {
		b->readable = NULL;
		return -errno;
	}
	return 0;
}

int board_open(struct board *b, unsigned int n_slots)
{
	_cleanup_(fd_closep) int fd = memfd_create("board", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int r;

	if (fd < 0)
		return -errno;
	*b = (struct board){ .n_slots = n_slots,
			     .slot_size = whole_pages(sizeof(struct counts)),
			     .started_ns = clock_realtime_ns() };
	r = map(b, fd);
	if (r < 0)
		board_close(b);
	return r;
}

static void unmap(uint8_t *from, const uint8_t *to)
{
	if (to > from)
		munmap(from, (size_t)(to - from));
}

void board_close(struct board *b)
{
	if (b->writable)
		munmap(b->writable, board_size(b));
	if (b->readable)
		munmap((void *)b->readable, board_size(b));
	*b = BOARD_NONE;
}

void board_keep(struct board *b, unsigned int slot)
{
	uint8_t *own = (uint8_t *)board_slot(b, slot);

	unmap(b->writable, own);
	unmap(own + b->slot_size, b->writable + board_size(b));
}
