/// The bootstrap service under the name of an older header.
#ifndef _BOOTSTRAP_H_
#define _BOOTSTRAP_H_

#include <servers/bootstrap.h>

#endif
