#ifndef SWIFT_SLS_CZSTD_SHIM_H
#define SWIFT_SLS_CZSTD_SHIM_H

#include <zstd.h>
#include <zstd_errors.h>

#endif
