#ifndef SWIFT_SLS_CLZ4_SHIM_H
#define SWIFT_SLS_CLZ4_SHIM_H

#include <lz4.h>

#endif
