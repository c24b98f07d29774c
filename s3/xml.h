/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Writes XML 1.0. Characters that it cannot hold at all (controls, U+FFFE, U+FFFF) are written in one
 * of two ways. Where a document only repeats what the client knows, such as the key of his request,
 * they become U+FFFD, so that every reader can read the rest. Where it tells keys, as lists do, they
 * become numeric references as S3 writes them: a strict reader refuses the document rather than take
 * one key for another (encoding-type=url is there for these).
 */

#include "base/buffer.h"

#define XML_DECLARATION "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define XML_NAMESPACE "http://s3.amazonaws.com/doc/2006-03-01/"

/* Character data, well-formed whatever s holds. Bytes that are not UTF-8 become U+FFFD each. */
void xml_text(struct buffer *b, struct span s);

/* The same with numeric references for what XML cannot hold. */
void xml_text_exact(struct buffer *b, struct span s);

/* Names are literals and are written as they are. */
void xml_open(struct buffer *b, const char *name);
void xml_close(struct buffer *b, const char *name);
void xml_element(struct buffer *b, const char *name, struct span text);
void xml_element_string(struct buffer *b, const char *name, const char *text);
void xml_element_u64(struct buffer *b, const char *name, uint64_t value);
void xml_element_bool(struct buffer *b, const char *name, bool value);
