/// Since which release of a system a call is there: a question of other systems. Here a call that is declared is there.
#ifndef _AVAILABILITY_H_
#define _AVAILABILITY_H_

/* Marks on declarations, which mean nothing here. */
#define __OSX_AVAILABLE_STARTING(osx, ios)
#define __OSX_AVAILABLE_BUT_DEPRECATED(osx_from, osx_to, ios_from, ios_to)
#define __OSX_AVAILABLE(...)
#define __IOS_AVAILABLE(...)
#define __TVOS_AVAILABLE(...)
#define __WATCHOS_AVAILABLE(...)
#define __OSX_PROHIBITED
#define __IOS_PROHIBITED
#define __TVOS_PROHIBITED
#define __WATCHOS_PROHIBITED
#define __OSX_UNAVAILABLE
#define __IOS_UNAVAILABLE
#define __TVOS_UNAVAILABLE
#define __WATCHOS_UNAVAILABLE
#define __API_AVAILABLE(...)
#define __API_DEPRECATED(...)
#define __API_DEPRECATED_WITH_REPLACEMENT(...)
#define __API_UNAVAILABLE(...)

#endif
