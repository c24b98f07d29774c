/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a process did to files, in order: written by recorder.c from within that process, read by disk.c.
 * A record is this head, `name_len` bytes of a name, `to_name_len` of another, and for writes and notes
 * `length` bytes. Objects - files and directories - are numbered as the kernel does, so a number may come
 * again after its object went.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum history_kind {
	HISTORY_ROOT = 1,	/* object: the directory under which all this is about */
	HISTORY_CREATE,		/* object, a file, is made as directory/name; without a name: nowhere yet */
	HISTORY_MAKE_DIRECTORY,	/* object, as directory/name */
	HISTORY_LINK,		/* object is directory/name, too */
	HISTORY_UNLINK,		/* directory/name goes; rmdir as well */
	HISTORY_RENAME,		/* directory/name becomes to_directory/to_name */
	HISTORY_WRITE,		/* object, offset, length and bytes */
	HISTORY_TRUNCATE,	/* object, length */
	HISTORY_SYNC,		/* object: it has been flushed */
	HISTORY_NOTE,		/* length and bytes: the process's own words */
	HISTORY_START,		/* what stands before it was there already, and is as if it had been flushed */
};

struct history_record {
	uint32_t kind;
	uint16_t name_len, to_name_len;
	uint64_t object, directory, to_directory;
	uint64_t offset, length;
};

#define HISTORY_FILE "RECORDER_FILE"	/* the environment says where the history goes, */
#define HISTORY_UNDER "RECORDER_UNDER"	/* which directory it is about, and */
#define HISTORY_PLAIN "RECORDER_PLAIN"	/* set: as on a file system that has no O_TMPFILE */

/* Defined where the recorder is preloaded: what was noted happened after all that stands before it. */
__attribute__((weak)) void history_note(const void *bytes, size_t len);

/* Likewise: begins to record, where the environment has not begun it. */
__attribute__((weak)) void history_begin(const char *file, const char *under, bool is_plain);
