#ifndef SWIFT_SLS_CZLIB_SHIM_H
#define SWIFT_SLS_CZLIB_SHIM_H

#include <zlib.h>

#endif
