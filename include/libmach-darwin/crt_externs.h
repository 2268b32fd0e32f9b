/// Where a program's arguments and environment are.
#ifndef __CRT_EXTERNS_H__
#define __CRT_EXTERNS_H__

#include <sys/cdefs.h>

__BEGIN_DECLS

/* The variables themselves, so that a program may change them: main's arguments as they were, `environ`, and the name of
   the program without its folders. */
int *_NSGetArgc(void);
char ***_NSGetArgv(void);
char ***_NSGetEnviron(void);
char **_NSGetProgname(void);

__END_DECLS

#endif
