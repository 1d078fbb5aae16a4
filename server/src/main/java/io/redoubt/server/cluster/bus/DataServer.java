package io.redoubt.server.cluster.bus;

import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.server.cluster.message.Endpoint;
import io.redoubt.server.cluster.slot.SlotSet;

/**
 * The data server behind a cluster node, for the outputs of the state machine. Called on the event
 * loop.
 */
public interface DataServer {
  /** Returns the replication offset, as a master or as a replica. */
  long offset();

  /** Returns the milliseconds since a replica last heard from its master; 0 for a master. */
  long dataAgeMillis();

  /** Makes the server a replica of the node at an endpoint. */
  void follow(Endpoint endpoint);

  void promote();

  /** Pauses client writes for at most the given time. */
  void pauseWrites(long millis);

  /** Ends a pause of writes. */
  void resumeWrites();

  /** Deletes the keys of slots that this node has lost. */
  void dropSlots(SlotSet slots);

  void dropAll();

  /** Called after slots, nodes or the state of the cluster have changed. */
  void onTopologyChange();

  /** Delivers a message published at another node to the subscribers of a channel. */
  void deliver(boolean sharded, ByteString channel, ByteString message);
}
