/*
 * A name is looked up without the lock of its space: Sources/MachKernel/FastPath.swift, against all that changes a slot
 * (Entry.swift, EntryTable.swift, Space*.swift) and the memory of ports and sets (ObjectPool.swift). See README.md.
 */

#ifndef MUTANT
#define MUTANT 0
#endif

#define MEMORIES 2 /* room for so many ports and sets */
#define NOBODY 7

/* Rights of a slot. */
#define SEND 1
#define RECEIVE 2
#define ONCE 4
#define DEADNAME 8
#define SET 16

/* The one slot. It is a free slot's when `bits` is 0. */
byte object = 0;     /* 1 and up: the memory of a port or set; 0: nil */
byte bits = 0;
byte generation = 0; /* 0: never used */

bool isEnded = false; /* the dead bit of the space's header */

/* The memory of ports and sets. What is in the pool has no reference; its lock works all the same. */
byte holder[MEMORIES + 1];     /* NOBODY: free */
byte references[MEMORIES + 1];
bool isDead[MEMORIES + 1];
bool isFree[MEMORIES + 1];
byte finders[MEMORIES + 1];    /* look-ups that have found it and keep it locked */

/* References that are in messages or in other spaces: rights that the space may get. */
byte elsewhere[MEMORIES + 1];
/* A set whose name has gone: PortSet.destroy is on its way. */
bool isEnding[MEMORIES + 1];

/* What is looked for, the port or set that is locked for it, and whether the slot was that since then. */
byte name, right, target;
bool wasNamed;
#define is_named (object == target && (bits & right) && generation == name)

byte steps = 7; /* changes of the slot that are left */

#define lock(m) atomic { holder[m] == NOBODY -> holder[m] = _pid }
#define unlock(m) atomic { assert(holder[m] == _pid); holder[m] = NOBODY }

/* The last reference is gone: ObjectPool.give. */
inline free(m) {
  assert(references[m] == 0 && !isFree[m] && finders[m] == 0);
  isFree[m] = true
}

/* release(): a reference that is nowhere in the slot. */
inline release(m) {
  atomic {
    assert(references[m] > 0);
    references[m]--;
    if :: references[m] == 0 -> free(m) :: else fi
  }
}

/* unlockReleasing() */
inline unlock_releasing(m) {
  atomic {
    assert(holder[m] == _pid && references[m] > 0);
    holder[m] = NOBODY;
    references[m]--;
    if :: references[m] == 0 -> free(m) :: else fi
  }
}

/* ---- What holds the space's lock ---- */

/* EntryTable.claim. A program may ask for any name, so the slot gets any each time. */
inline claim() {
  if :: generation = 1 :: generation = 2 fi
}

/* EntryTable.free, and what copyin does before it. */
inline clear() {
  object = 0;
  bits = 0
}

/* A right comes: of a new port, or of one that is known elsewhere. */
inline put_in() {
  if
  :: atomic { isFree[1] -> isFree[1] = false; m = 1 };
     put_new()
  :: atomic { isFree[2] -> isFree[2] = false; m = 2 };
     put_new()
  :: atomic { elsewhere[1] > 0 -> elsewhere[1]--; m = 1 };
     put_known()
  :: atomic { elsewhere[2] > 0 -> elsewhere[2]--; m = 2 };
     put_known()
  :: else /* there is none just now */
  fi
}

/* Space.allocate: ObjectPool.take, SharedHeader.revive, claim. No lock of the port: no one knows it. */
inline put_new() {
  atomic {
#if MUTANT == 5 /* the memory gets a new header */
    holder[m] = NOBODY;
#endif
    assert(finders[m] == 0);
    references[m] = 1;
    isDead[m] = false
  };
  claim();
  object = m;
  if :: bits = RECEIVE :: atomic { bits = SET; wasNamed = wasNamed || is_named } fi
}

/* copyoutSend, copyoutSendOnce, copyoutReceive. Only the first has the port locked. */
inline put_known() {
  if
  :: atomic { holder[m] == NOBODY && !isDead[m] -> holder[m] = _pid; claim() };
     object = m;
     atomic { bits = SEND; unlock(m) }
  :: atomic { !isDead[m] -> claim() };
     object = m;
     if :: bits = ONCE :: bits = RECEIVE fi
  :: atomic { isDead[m] -> release(m) }
  fi
}

/* A reference that has left the slot ends or goes elsewhere; the port is unlocked. */
inline let_go() {
  if
  :: release(m)
  :: elsewhere[m] < 2 -> elsewhere[m]++
  fi
}

/* A right leaves, or changes: releaseSend, moveSend, moveReceive, removeReceive, convertToDeadName, releaseSendOnce.
   The first change of the slot comes in one step with the lock, the last with the unlock: no one can tell. */
inline take_out() {
  if
  :: bits == SEND ->
#if MUTANT == 2 /* the slot is cleared with the port unlocked */
     atomic { holder[m] == NOBODY };
     clear();
     let_go()
#else
     if
     :: atomic { holder[m] == NOBODY && !isDead[m] -> holder[m] = _pid; object = 0 };
        if
        :: atomic { bits = 0; unlock_releasing(m) }
        :: atomic { elsewhere[m] < 2 -> bits = 0; elsewhere[m]++; unlock(m) }
        fi
     :: atomic { holder[m] == NOBODY && isDead[m] -> holder[m] = _pid };
#if MUTANT == 3 /* as it once was: the dead name is written with the port unlocked */
        unlock_releasing(m);
        object = 0;
        bits = DEADNAME
#else
        object = 0;
        atomic { bits = DEADNAME; unlock_releasing(m) }
#endif
     fi
#endif
  :: bits == ONCE ->
     if
     :: atomic { holder[m] == NOBODY && !isDead[m] -> holder[m] = _pid };
#if MUTANT == 8 /* as it once was: the slot is cleared with the port unlocked */
        unlock(m);
        clear();
#else
        object = 0;
        atomic { bits = 0; unlock(m) };
#endif
        let_go()
     :: atomic { holder[m] == NOBODY && isDead[m] -> holder[m] = _pid; object = 0 };
        atomic { bits = DEADNAME; unlock_releasing(m) }
     fi
  :: bits == RECEIVE ->
     if
     :: atomic { holder[m] == NOBODY -> holder[m] = _pid; object = 0 };
        if
        :: atomic { bits = 0; isDead[m] = true; unlock(m) }  /* destroyed */
        :: atomic { bits = 0; unlock(m) }                    /* moved */
        fi;
        let_go()
     :: atomic { holder[m] == NOBODY -> bits = RECEIVE | SEND } /* a send right comes to it */
     fi
  :: bits == (RECEIVE | SEND) ->
     if
     :: atomic { holder[m] == NOBODY -> bits = RECEIVE }     /* the send right goes */
     :: atomic {                                             /* the receive right is moved */
          holder[m] == NOBODY && elsewhere[m] < 2 -> references[m]++; elsewhere[m]++; bits = SEND
        }
     :: atomic { holder[m] == NOBODY -> holder[m] = _pid; bits = DEADNAME };
        atomic { object = 0; isDead[m] = true; unlock(m) };
        let_go()
     fi
  :: bits == SET -> /* destroySet: without the set's lock */
     object = 0;
     atomic { bits = 0; isEnding[m] = true }
  :: bits == DEADNAME -> bits = 0
  fi
}

active proctype SpaceLocked() {
  byte m;
  do
  :: atomic { steps > 0 && bits == 0 && !isEnded -> steps-- };
     put_in();
     m = 0
  :: atomic { steps > 0 && bits != 0 -> steps--; m = object };
     take_out();
     m = 0
  :: steps == 0 -> break
  :: !isEnded -> isEnded = true /* Space.close; end() takes the rest out */
  :: isEnded && bits == 0 -> break
  od
}

/* ---- What happens elsewhere: ports die, rights end, sets end ---- */

inline right_ends() {
  if
  :: atomic { holder[m] == NOBODY -> isDead[m] = true }; /* it was the receive right */
     release(m)
  :: release(m)
  fi;
  m = 0
}

active proctype Elsewhere() {
  byte m;
end:
  do
  :: atomic { elsewhere[1] > 0 -> elsewhere[1]--; m = 1 };
     right_ends()
  :: atomic { elsewhere[2] > 0 -> elsewhere[2]--; m = 2 };
     right_ends()
  :: atomic { isEnding[1] && holder[1] == NOBODY -> isEnding[1] = false; isDead[1] = true };
     release(1)
  :: atomic { isEnding[2] && holder[2] == NOBODY -> isEnding[2] = false; isDead[2] = true };
     release(2)
  od
}

/* ---- Look-ups ---- */

/* slot(of:holding:): what fails leaves `isFound` false. */
inline look() {
  isFound = false;
  if
  :: bits & right ->
     if
#if MUTANT == 4 /* it does not look whose the slot is */
     :: true ->
#else
     :: generation == name ->
#endif
        if
#if MUTANT == 7 /* it does not look whether the space has ended */
        :: true -> isFound = true
#else
        :: !isEnded -> isFound = true
        :: isEnded
#endif
        fi
     :: else
     fi
  :: else
  fi
}

/*
 * What a caller relies on from isStill to unlock: the name has the right to this very port. A set may have lost its
 * name meanwhile, but had it during the look-up, and does not end before it is unlocked.
 */
#define has_right ((right == SET && wasNamed && !isDead[m] || is_named) && references[m] > 0 && !isFree[m])

/* lockedPort(named:holding:), triedPort(named:holding:), portSet(at:), isStill */
active proctype LookUp() {
  byte m;
  bool isFound, wasEnded;
  atomic {
    name = 1;
    if :: right = SEND :: right = RECEIVE :: right = SET fi
  };
  wasEnded = isEnded;
  look();
  if :: !isFound -> goto end :: else fi;
  m = object;
  if :: m == 0 -> goto end :: else fi;
  if
  :: atomic { lock(m); target = m; wasNamed = is_named }
  :: holder[m] != NOBODY -> goto end
  fi;
#if MUTANT != 1 /* it looks no second time */
#if MUTANT != 6 /* it does not begin with the object */
  if :: object != m -> unlock(m); goto end :: else fi;
#endif
  look();
  if :: !isFound -> unlock(m); goto end :: else fi;
#if MUTANT != 9 /* it does not end with the object */
  if :: object != m -> unlock(m); goto end :: else fi;
#endif
#endif
  atomic { assert(has_right && !wasEnded); finders[m]++ };
  /* It works on the port: rights are made of this one, a message is queued. */
  assert(has_right);
  if
  :: atomic { assert(has_right); finders[m]--; unlock(m) }
  :: atomic { assert(has_right); finders[m]--; references[m]++; unlock(m) };
     release(m)
  fi;
end:
  skip
}

init {
  atomic {
    /* A port of another space, with its receive right there and a send right in a message; and room for one more. */
    holder[1] = NOBODY; references[1] = 2; elsewhere[1] = 2;
    holder[2] = NOBODY; isFree[2] = true
  }
}
