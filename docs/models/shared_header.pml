/*
 * The reference count and the lock of a kernel object, in one word: Sources/MachKernel/SharedHeader.swift, on the
 * memory of Sources/MachKernel/ObjectPool.swift. See README.md.
 */

#ifndef MUTANT
#define MUTANT 0
#endif

/* The word. The lower half is the futex word; bit 3 is its first unused one, so that a carry would show. */
#define HELD 1
#define AWAITED 2
#define DEAD 4
#define UNUSED 8
#define LOWER 15
#define REFERENCE 16

#define OWNERS 2 /* threads that start with a reference each */
#define THREADS 4
#define NOBODY 7

byte word = OWNERS * REFERENCE;
bool isFree = false;   /* the memory is in the pool */
byte life = 0;         /* which object the memory holds: stepped when it is freed */
byte holder = NOBODY;  /* who is between lock and unlock */
bool asleep[THREADS];  /* in FUTEX_WAIT */
byte done = 0;         /* threads that have ended */

/* A step on the word by a thread that owns a reference: the object must be the one that it refers to. */
#define owned assert(!isFree && life == mine)

inline enter() {
  assert(holder == NOBODY);
  holder = _pid
}

/* FUTEX_WAIT: compares and falls asleep in one step. (It may return for nothing, too: see lock.pml.) */
inline sleep_on_word(seen) {
  atomic {
    if
#if MUTANT == 2 /* it sleeps whatever the word is */
    :: true -> asleep[_pid] = true
#else
    :: (word & LOWER) == (seen) -> asleep[_pid] = true
    :: else
#endif
    fi
  };
  !asleep[_pid]
}

/* FUTEX_WAKE of one, whichever it is. */
inline wake_one() {
  if
  :: asleep[0] -> asleep[0] = false
  :: asleep[1] -> asleep[1] = false
  :: asleep[2] -> asleep[2] = false
  :: asleep[3] -> asleep[3] = false
  :: else
  fi
}

/* lock(), lockSlowly(). A spin that fails leaves no trace; one that succeeds is the first step. */
inline lock() {
  atomic { old = word; word = word | HELD; if :: !(old & HELD) -> enter() :: else fi };
  do
  :: !(old & HELD) -> break
  :: else ->
     atomic {
       old = word;
#if MUTANT == 1 /* who has slept does not say that others may */
       word = word | HELD | (old & HELD -> AWAITED : 0);
#else
       word = word | HELD | AWAITED;
#endif
       if :: !(old & HELD) -> enter() :: else fi
     };
     if
     :: !(old & HELD)
     :: else -> sleep_on_word((old & LOWER) | AWAITED)
     fi
  od
}

/* tryLock() */
inline try_lock() {
  atomic { old = word; word = word | HELD; if :: !(old & HELD) -> enter() :: else fi }
}

/* unlock(adding:), which leaves the new word in `new`. */
inline unlock(change) {
  atomic { assert(holder == _pid && (word & HELD)); old = word };
  do
  :: atomic {
       new = (old + (change) - HELD) & (255 - AWAITED);
       if
#if MUTANT == 5 /* load and store, not compare and exchange */
       :: true ->
#else
       :: word == old ->
#endif
          assert((word & HELD) && !(word & UNUSED));
#if MUTANT == 6 /* the mark goes in a step of its own */
          new = new | (old & AWAITED);
#endif
          word = new; holder = NOBODY; break
       :: else -> old = word
       fi
     }
  od;
#if MUTANT == 6
  word = word & (255 - AWAITED);
#endif
  atomic {
    if
    :: old & AWAITED -> wake_one()
    :: else
    fi;
    old = 0
  }
}

/* What has lost its last reference goes back to the pool, once. */
inline free() {
  atomic {
    assert(!isFree && word / REFERENCE == 0);
    isFree = true;
    life++
  }
}

/* A thread that begins with a reference, does what one can do with it, and gives it back. */
inline use() {
  do
  :: references < 2 -> atomic { owned; references++; word = word + REFERENCE } /* retain() */
  :: references > 1 ->
     atomic { references--; owned; word = word - REFERENCE; assert(word / REFERENCE > 0) } /* releaseLast() */
  :: references == 1 ->
     atomic { references--; owned; word = word - REFERENCE; new = word };
     if :: new / REFERENCE == 0 -> free() :: else fi;
     break
  :: rounds > 0 ->
     rounds--;
     lock();
     owned;
     if
     :: unlock(0)
     :: references < 2 -> references++; unlock(REFERENCE)   /* unlockRetaining() */
     :: references > 0 ->                                   /* unlockReleasing() */
        references--;
#if MUTANT == 4 /* the count first, then the lock */
        atomic { word = word - REFERENCE; new = word };
        if
        :: new / REFERENCE == 0 -> unlock(0); free(); break
        :: else -> owned; unlock(0)
        fi;
        if :: references == 0 -> break :: else fi
#else
        unlock(0 - REFERENCE);
        if
        :: new / REFERENCE == 0 -> free()
        :: else
        fi;
        if :: references == 0 -> break :: else fi
#endif
     fi
  od
}

active [OWNERS] proctype Owner() {
  byte old, new, mine = 0, references = 1, rounds = 1;
  use();
  done++
}

/* A look-up that was late: it locks what may be free by now, or another object, and touches nothing but the word. */
active proctype Stale() {
  byte old, new;
  if
  :: lock(); unlock(0)
  :: try_lock(); if :: !(old & HELD) -> unlock(0) :: else fi
  fi;
  done++
}

/* The memory's next lives: take(), revive(), and a death. */
active proctype Heir() {
  byte old, new, mine, lives = 2;
  do
  :: lives > 0 ->
     lives--;
     (isFree);
     atomic { isFree = false; mine = life };
     new = word & DEAD;
#if MUTANT == 3 /* a new header, as if no one knew the memory */
     word = REFERENCE;
#else
     word = word + REFERENCE - new;
#endif
     assert(!(word & DEAD) && word / REFERENCE == 1);
     lock();
     owned;
     unlock(DEAD); /* unlockDead() */
     assert(word & DEAD);
     atomic { owned; word = word - REFERENCE; new = word };
     assert(new / REFERENCE == 0);
     free()
  :: lives == 0 -> break
  od;
  done++
}

/* Whoever sleeps for ever is an invalid end state. */
active proctype Ending() {
  atomic {
    (done == THREADS);
    assert(isFree && life == 3 && holder == NOBODY && word == DEAD)
  }
}
