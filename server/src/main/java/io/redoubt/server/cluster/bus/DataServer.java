package io.redoubt.server.cluster.bus;

import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.server.cluster.message.Endpoint;
import io.redoubt.server.cluster.slot.SlotSet;

/** The data server of a cluster node, as its state machine sees it. Called on the event loop. */
public interface DataServer {
  /** Returns the replication offset, as a master or as a replica. */
  long offset();

  /** Returns the milliseconds since a replica last heard of its master; 0 for a master. */
  long dataAgeMillis();

  /** Makes the server a replica of the node at an endpoint. */
  void follow(Endpoint endpoint);

  /** Makes the server a master. */
  void promote();

  /** Stops writes of clients for a time. */
  void pauseWrites(long millis);

  /** Ends a pause of writes. */
  void resumeWrites();

  /** Removes the keys of slots that belong to another node now. */
  void dropSlots(SlotSet slots);

  /** Removes all keys. */
  void dropAll();

  /** Learns that owners of slots, nodes or the state of the cluster have changed. */
  void topologyChanged();

  /** Passes a message of another node to the subscribers of a channel. */
  void deliver(boolean sharded, ByteString channel, ByteString message);
}
