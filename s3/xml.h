/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Writes XML 1.0. Text is escaped so that S3's clients read the same bytes back: what XML cannot hold
 * becomes a numeric reference, as S3 does it, though a strict reader refuses those of control characters
 * (encoding-type=url is there for them).
 */

#include "base/buffer.h"

#define XML_DECLARATION "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define XML_NAMESPACE "http://s3.amazonaws.com/doc/2006-03-01/"

/* Character data. Bytes that are not UTF-8 become U+FFFD each. */
void xml_text(struct buffer *b, struct span s);

/* Names are literals and are written as they are. */
void xml_open(struct buffer *b, const char *name);
void xml_close(struct buffer *b, const char *name);
void xml_element(struct buffer *b, const char *name, struct span text);
void xml_element_string(struct buffer *b, const char *name, const char *text);
void xml_element_u64(struct buffer *b, const char *name, uint64_t value);
void xml_element_bool(struct buffer *b, const char *name, bool value);
