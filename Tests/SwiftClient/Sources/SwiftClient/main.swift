// Sends, receives, and learns of the death of a port; ends with an error when anything is not as it should be.

import CMach
import Dispatch

/// A message to a port of this program, and out of it.
func sendToItself() throws {
  let port = try ReceiveRight()
  try port.makeSendRight().send(Message(7, "hello from Swift"))
  let message = try port.receive()
  precondition(message.identifier == 7)
  print(message.text)
  do {
    _ = try port.receive(waiting: false)
    preconditionFailure("there was a second message")
  } catch {
    precondition(error == MachError(code: MACH_RCV_TIMED_OUT))
  }
}

/// A client that knows the name of a service alone.
func findAService() throws {
  let service = try ReceiveRight(service: "org.example.echo")
  try SendRight(service: "org.example.echo").send(Message(9, "by name"))
  let message = try service.receive()
  precondition(message.identifier == 9)
  do {
    _ = try SendRight(service: "org.example.nobody")
    preconditionFailure("there was a service that nobody has")
  } catch {
    precondition(error == MachError(code: BOOTSTRAP_UNKNOWN_SERVICE))
  }
  print("a service was found \(message.text)")
}

/// A service ends; whoever has a right to it is told, and what it sends fails.
func outliveAService() throws {
  let notifications = try ReceiveRight()
  var service: ReceiveRight? = try ReceiveRight()
  let client = try service!.makeSendRight()
  try client.notifyOfDeath(at: notifications)
  precondition(!client.isDead)
  service = nil
  let notification = try notifications.receive()
  guard let dead = notification.deadName else { preconditionFailure("that was no dead-name notification") }
  precondition(dead.name == client.name && client.isDead)
  do {
    try client.send(Message(8))
    preconditionFailure("a dead port took a message")
  } catch {
    precondition(error == MachError(code: MACH_SEND_INVALID_DEST))
  }
  print("the service has died, and its client knows")
}

/// Messages wake a dispatch source, whose handler takes them.
func receiveOnAQueue() throws {
  let count: mach_msg_id_t = 100
  let port = try ReceiveRight()
  let right = try port.makeSendRight()
  let received = DispatchSemaphore(value: 0)
  let reader = try PortReader(port, on: DispatchQueue(label: "reader")) { message in
    precondition(message.text == "item")
    received.signal()
  }
  for identifier in 0..<count { try right.send(Message(identifier, "item")) }
  for _ in 0..<count { received.wait() }
  reader.cancel()
  print("a dispatch source has taken \(count) messages")
}

try sendToItself()
try findAService()
try outliveAService()
try receiveOnAQueue()
