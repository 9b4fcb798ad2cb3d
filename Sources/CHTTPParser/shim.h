#ifndef SWIFT_SLS_CHTTPPARSER_SHIM_H
#define SWIFT_SLS_CHTTPPARSER_SHIM_H

#include <http_parser.h>

// The fields below are bit-fields in C, which Swift does not import.

static inline void chttpparser_allow_chunked_length(http_parser *parser) { parser->allow_chunked_length = 1; }
static inline unsigned int chttpparser_errno(const http_parser *parser) { return parser->http_errno; }
static inline unsigned int chttpparser_method(const http_parser *parser) { return parser->method; }
static inline int chttpparser_is_chunked(const http_parser *parser) { return (parser->flags & F_CHUNKED) != 0; }
static inline int chttpparser_has_transfer_encoding(const http_parser *parser) { return parser->uses_transfer_encoding; }

#endif
