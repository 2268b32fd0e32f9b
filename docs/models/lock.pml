/* The lock of what has no reference count: Sources/MachKernel/Lock.swift. See README.md. */

#ifndef MUTANT
#define MUTANT 0
#endif

#define THREADS 3
#define NOBODY 7

byte word = 0;         /* 0 free, 1 held, 2 held and perhaps waited for */
byte holder = NOBODY;  /* who is between acquire and release */
bool asleep[THREADS];  /* in FUTEX_WAIT */
byte spurious = 1;     /* wakes for nothing that are left */

inline enter() {
  assert(holder == NOBODY);
  holder = _pid
}

/* FUTEX_WAIT: falls asleep if the word is 2, in one step, and may return for nothing. */
inline sleep_on_word() {
  atomic {
    if
#if MUTANT == 2 /* it sleeps whatever the word is */
    :: true -> asleep[_pid] = true
#else
    :: word == 2 -> asleep[_pid] = true
    :: else
#endif
    fi
  };
  atomic {
    if
    :: !asleep[_pid]
    :: asleep[_pid] && spurious > 0 -> spurious--; asleep[_pid] = false
    fi
  }
}

/* FUTEX_WAKE of one, whichever it is. */
inline wake_one() {
  atomic {
    if
    :: asleep[0] -> asleep[0] = false
    :: asleep[1] -> asleep[1] = false
    :: asleep[2] -> asleep[2] = false
    :: else
    fi
  }
}

/* acquire(), acquireSlowly(). The first exchange may fail for nothing, or succeed after a while of spinning; whoever
   has slept says that others may. */
inline acquire() {
  if
  :: atomic { word == 0 -> word = 1; enter() }
  :: true ->
     do
     :: atomic {
          old = word;
#if MUTANT == 1 /* who has slept does not say that others may */
          word = (old == 0 -> 1 : 2);
#else
          word = 2;
#endif
          if :: old == 0 -> enter(); break :: else fi
        };
        sleep_on_word()
     od
  fi
}

/* release() */
inline release() {
#if MUTANT == 3 /* load and store, not exchange */
  old = word;
  atomic { assert(holder == _pid); word = 0; holder = NOBODY };
#else
  atomic { assert(holder == _pid); old = word; word = 0; holder = NOBODY };
#endif
  if
  :: old == 2 -> wake_one()
  :: else
  fi
}

active [THREADS] proctype Thread() {
  byte old, rounds = 2;
  do
  :: rounds > 0 ->
     rounds--;
     if
     :: acquire(); old = 0; release()
     :: atomic { word == 0 -> word = 1; enter() }; release() /* tryAcquire() */
     :: word != 0                                             /* in vain */
     fi;
     old = 0
  :: rounds == 0 -> break
  od
}
