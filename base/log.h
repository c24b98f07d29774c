/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One event is one line on stderr: `<priority>event key=value ...`, the priority only where stderr
 * is the journal. Only the processes call this, at their edge; base, s3, ipc and policy return.
 * Values that come from outside go through log_value(), so that no byte of theirs can end a line
 * or forge a field. Secrets never come here.
 */

#include "base/record.h"

enum log_level {
	LOG_LEVEL_ERROR = 3,
	LOG_LEVEL_WARNING = 4,
	LOG_LEVEL_INFO = 6,
	LOG_LEVEL_DEBUG = 7,
};

/* Call once, before the confinement: who speaks, and from which level on it is said. */
void log_init(const char *process, enum log_level most);

/* `format` begins with the event's name. The line is cut at LOG_LINE_MAX bytes. */
#define LOG_LINE_MAX 2048
void log_event(enum log_level level, const char *format, ...) printf_like(2, 3);

/*
 * An event that is a record already. Ends the record. One in JSON stands alone on its line, without
 * the process's name, so that what reads the log finds objects. In a process that says records, or gathers
 * them, one thread alone says anything.
 */
void log_record(enum log_level level, struct record *r);

/*
 * The same, but the line may wait for others: until LOG_GATHERED_MAX bytes do, any other line is written, or
 * log_flush(). Who ends without it loses them: what must not be lost is no line to gather.
 */
#define LOG_GATHERED_MAX 4096	/* a pipe takes so much in one piece: lines of several processes do not mix */
void log_gather(enum log_level level, struct record *r);
void log_flush(void);

#define log_error(...) log_event(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_event(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...) log_event(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_event(LOG_LEVEL_DEBUG, __VA_ARGS__)

/*
 * Writes s into buf as it may stand behind `key=`: quoted where it holds blanks or quotes, with
 * \xNN for what is not printable ASCII, cut with "..." where it does not fit. Returns buf.
 */
#define LOG_VALUE_MAX 256
const char *log_value(struct span s, char buf[static LOG_VALUE_MAX]);
#define LOG_VALUE(s) log_value((s), (char[LOG_VALUE_MAX]){ 0 })
