package io.redoubt.server.replication.replica;

import io.redoubt.server.aof.AppendOnlyFile;
import io.redoubt.server.replication.group.Membership;
import io.redoubt.server.replication.state.ReplicationStream;
import io.redoubt.server.replication.stream.MemberState;
import io.redoubt.server.replication.stream.TurnAcks;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * The acknowledgements of a replica over one connection to its master: on request, such as each
 * second; at the end of a turn, if the master has requested that; and as soon as requested bytes
 * are durable.
 */
final class Acknowledgements {
  private final ReplicationStream stream;
  private final AppendOnlyFile file;
  private final Membership membership;
  private final Consumer<List<String>> output;

  private boolean masterKnowsOffsets = true;
  private boolean wanted;

  /** True if the master wants an acknowledgement at the end of each turn that applied anything. */
  private boolean eachTurn;

  /** The revision of the membership last reported to the master. */
  private long toldMembership = -1;

  private long sentOffset = -1;
  private long sentDurable = -1;

  /**
   * True if the master has requested an acknowledgement and part of the stream is not durable yet.
   */
  private boolean owesDurable;

  /**
   * Creates the acknowledgements of a connection.
   *
   * @param file the append-only file, whose progress makes the stream durable
   * @param output sends a request to the master
   */
  Acknowledgements(
      ReplicationStream stream,
      AppendOnlyFile file,
      Membership membership,
      Consumer<List<String>> output) {
    this.stream = stream;
    this.file = file;
    this.membership = membership;
    this.output = output;
  }

  /** Disables acknowledgements, because the master is too old for offsets. */
  void masterKnowsNoOffsets() {
    masterKnowsOffsets = false;
  }

  /** Returns false if the master is too old for offsets. */
  boolean masterKnowsOffsets() {
    return masterKnowsOffsets;
  }

  /** Acknowledges the applied offset to the master, if it supports offsets. */
  void send() {
    if (!masterKnowsOffsets) {
      return;
    }
    long offset = stream.offset();
    long durable = file.durableStreamOffset();
    List<String> words = new ArrayList<>(List.of("REPLCONF", "ACK", Long.toString(offset)));
    if (durable >= 0) {
      words.addAll(List.of("FACK", Long.toString(durable)));
      owesDurable = wanted && durable < offset;
    }
    if (eachTurn) {
      words.addAll(List.of(TurnAcks.OPTION, "1"));
    }
    if ((eachTurn || membership.isActive())
        && membership.revision() != toldMembership
        && membership.keepsId()) {
      toldMembership = membership.revision();
      words.addAll(List.of(MemberState.OPTION, membership.ackWord()));
    }
    output.accept(words);
    sentOffset = offset;
    sentDurable = durable;
  }

  /** Acknowledges newly durable bytes if the master has requested that. */
  void becameDurable() {
    long durable = file.durableStreamOffset();
    if ((owesDurable && durable >= stream.offset()) || (eachTurn && durable > sentDurable)) {
      owesDurable = false;
      send();
    }
  }

  /** Requests an acknowledgement after the bytes received so far have been executed. */
  void want() {
    wanted = true;
  }

  /** Starts or stops acknowledging at the end of each turn that applied anything. */
  void setEachTurn(boolean on) {
    eachTurn = on;
  }

  /** Ends a turn: acknowledges if the master has requested it. */
  void endTurn() {
    if (wanted || (eachTurn && stream.offset() != sentOffset)) {
      send();
      wanted = false;
    }
  }
}
