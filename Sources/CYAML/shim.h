#ifndef SWIFT_SLS_CYAML_SHIM_H
#define SWIFT_SLS_CYAML_SHIM_H

#include <yaml.h>

#endif
