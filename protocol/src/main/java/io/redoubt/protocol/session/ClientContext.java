package io.redoubt.protocol.session;

import io.redoubt.protocol.acl.AclLog;
import io.redoubt.protocol.acl.Users;
import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.net.Loop;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Environment;
import io.redoubt.protocol.process.LimitedLog;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.pubsub.Channels;
import io.redoubt.protocol.resp.Limits;
import io.redoubt.protocol.session.input.TurnTime;

/**
 * The state shared by the clients of an event loop: loop, clock, configuration, users, channels,
 * pauses, the output that is held, and counters. Knows no client. Used by the event loop only.
 */
public final class ClientContext {
  private final Loop loop;
  private final Clock clock;
  private final Log log;
  private final LimitedLog attacks;
  private final BufferMemory memory;
  private final SessionSettings settings;
  private final Users users;
  private final AclLog aclLog;
  private final Channels channels;
  private final Pauses pauses;
  private final TurnTime turnTime = new TurnTime();
  private final HeldOutput heldOutput;
  private final SharedMessages resp2Messages = new SharedMessages(2);
  private final SharedMessages resp3Messages = new SharedMessages(3);
  private long lastId;
  private boolean halted;

  private int blocked;
  private int timedWaits;
  private long inputBytes;
  private long outputBytes;
  private long outputLimitDisconnections;
  private long queryLimitDisconnections;

  /**
   * Creates the state shared by clients.
   *
   * @param environment the time, and the log of closed clients
   * @param memory allocates buffers of pending requests
   */
  public ClientContext(
      Loop loop,
      Environment environment,
      BufferMemory memory,
      SessionSettings settings,
      Users users,
      Channels channels,
      Pauses pauses,
      HeldOutput heldOutput) {
    this.loop = loop;
    this.clock = environment.clock();
    this.log = environment.log();
    this.attacks = new LimitedLog(log, clock, 1);
    this.memory = memory;
    this.settings = settings;
    this.users = users;
    this.aclLog = new AclLog(settings::aclLogMaxLen);
    this.channels = channels;
    this.pauses = pauses;
    this.heldOutput = heldOutput;
  }

  public Loop loop() {
    return loop;
  }

  public Clock clock() {
    return clock;
  }

  Log log() {
    return log;
  }

  /** Returns the log of attempts to send commands by HTTP, which has at most one line a minute. */
  LimitedLog attacks() {
    return attacks;
  }

  /** Returns the allocator of buffers of pending requests. */
  public BufferMemory memory() {
    return memory;
  }

  public Limits limits() {
    return settings.requestLimits();
  }

  public SessionSettings settings() {
    return settings;
  }

  public Users users() {
    return users;
  }

  AclLog aclLog() {
    return aclLog;
  }

  Channels channels() {
    return channels;
  }

  public Pauses pauses() {
    return pauses;
  }

  /** Returns the time of long pipelines in this turn. */
  TurnTime turnTime() {
    return turnTime;
  }

  /** Returns the output that waits for the gate. */
  HeldOutput heldOutput() {
    return heldOutput;
  }

  /** Returns the messages to several clients that have a version of RESP. */
  SharedMessages sharedMessages(int resp) {
    return resp == 2 ? resp2Messages : resp3Messages;
  }

  long nextId() {
    return ++lastId;
  }

  /**
   * Stops the execution of requests for good, since the process ends and their effects would be
   * lost.
   */
  void halt() {
    halted = true;
  }

  /** Returns true once no request is executed any more. */
  public boolean isHalted() {
    return halted;
  }

  // ---- counters

  void addBlocked(int difference) {
    blocked += difference;
  }

  int blocked() {
    return blocked;
  }

  void addTimedWaits(int difference) {
    timedWaits += difference;
  }

  int timedWaits() {
    return timedWaits;
  }

  void countInput(long bytes) {
    inputBytes += bytes;
  }

  long inputBytes() {
    return inputBytes;
  }

  void countOutput(long bytes) {
    outputBytes += bytes;
  }

  long outputBytes() {
    return outputBytes;
  }

  void countOutputLimitDisconnection() {
    outputLimitDisconnections++;
  }

  long outputLimitDisconnections() {
    return outputLimitDisconnections;
  }

  void countQueryLimitDisconnection() {
    queryLimitDisconnections++;
  }

  long queryLimitDisconnections() {
    return queryLimitDisconnections;
  }

  /** Resets the counters of CONFIG RESETSTAT. */
  void resetStatistics() {
    inputBytes = 0;
    outputBytes = 0;
    outputLimitDisconnections = 0;
    queryLimitDisconnections = 0;
    aclLog.resetTotals();
  }
}
