package io.redoubt.server.client;

import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.resp.ReplyCollector;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.protocol.resp.Request;
import io.redoubt.protocol.resp.RequestEncoder;
import java.lang.foreign.MemorySegment;

/**
 * The commands that a client queued after MULTI: the requests as received, one after the other in
 * one buffer. EXEC decodes them again, so that a queued command costs its bytes and nothing else.
 */
public final class Transaction {
  private final ReplyCollector requests;
  private final ReplyWriter writer;
  private int count;
  private int refusals;
  private int databaseIndex;
  private boolean doomed;
  private boolean reads;

  /** Creates an empty transaction in a database; its buffer comes from {@code source}. */
  public Transaction(BufferMemory source, int databaseIndex) {
    this.databaseIndex = databaseIndex;
    this.requests = new ReplyCollector(source);
    this.writer = new ReplyWriter(requests);
  }

  /** Queues a request; {@code commandRefusals} are the states in which its command is refused. */
  public void queue(Request request, int commandRefusals) {
    if (request.isInline()) {
      RequestEncoder.write(writer, request);
    } else {
      writer.raw(request.memory(), request.start(), request.end() - request.start());
    }
    count++;
    refusals |= commandRefusals;
  }

  /** Records that a queued command reads keys without changing any. */
  public void setReads() {
    reads = true;
  }

  /** Returns true if a queued command reads keys without changing any. */
  public boolean reads() {
    return reads;
  }

  /** Returns the database in which the next queued command will run. */
  int databaseIndex() {
    return databaseIndex;
  }

  /** Records a queued SELECT. */
  void selectDatabase(int index) {
    databaseIndex = index;
  }

  /** Makes EXEC abort, as a command could not be queued. */
  public void doom() {
    doomed = true;
  }

  /** Returns true if EXEC must abort because a command was refused. */
  public boolean isDoomed() {
    return doomed;
  }

  public int count() {
    return count;
  }

  /** Returns the states that refuse one of the queued commands. */
  public int refusals() {
    return refusals;
  }

  /** Returns the size of the requests, in bytes. */
  public long sizeBytes() {
    return requests.length();
  }

  /** Returns the memory that they take, in bytes. */
  public long memoryBytes() {
    return requests.capacityBytes();
  }

  /** Returns the memory that holds the requests. */
  public MemorySegment memory() {
    return requests.memory();
  }

  /** Returns the start of the first request. */
  public long start() {
    return requests.start();
  }

  /** Returns the end of the last request. */
  public long end() {
    return requests.start() + requests.length();
  }

  /** Frees the buffer. */
  public void release() {
    requests.close();
  }
}
