package io.redoubt.server.lifecycle;

import io.redoubt.persistence.aof.ManifestException;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.process.BlockingSleep;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.SystemErrors;
import io.redoubt.server.aof.AppendOnlyFile;
import io.redoubt.server.cluster.core.Node;
import io.redoubt.server.cluster.node.ClusterNode;
import io.redoubt.server.command.admin.DebugCommands;
import io.redoubt.server.command.key.DumpCommands;
import io.redoubt.server.loading.LostDataSetException;
import io.redoubt.server.replication.Replication;
import java.io.IOException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The operations of DEBUG on the server.
 *
 * @param onLost ends the server if a reload has left the data set incomplete, as Redis does
 */
public record Debugging(
    PeriodicWork periodic,
    DataSet dataSet,
    DumpCommands payloads,
    Replication replication,
    AppendOnlyFile appendOnlyFile,
    @Nullable ClusterNode clusterNode,
    Log serverLog,
    Consumer<LostDataSetException> onLost)
    implements DebugCommands.Host {
  private static final CommandError NO_CLUSTER =
      new CommandError("ERR Debug option only available for cluster mode enabled setup!");

  @Override
  public void sleep(long millis) {
    BlockingSleep.ofMillis(millis);
  }

  @Override
  public void setActiveExpire(boolean on) {
    periodic.expiry().turn(on);
  }

  @Override
  public void pauseCron(boolean paused) {
    periodic.setPaused(paused);
  }

  @Override
  public void log(String line) {
    serverLog.warning("%s", line);
  }

  @Override
  public void reload(boolean save, boolean flush, boolean merge) {
    try {
      dataSet.reload(save, flush, merge, !replication.isReplica());
    } catch (LostDataSetException e) {
      onLost.accept(e);
    } catch (IOException e) {
      serverLog.warning("DEBUG RELOAD failed: %s", SystemErrors.forLog(e));
      throw new CommandError("ERR Error trying to load the RDB dump, check server logs");
    }
  }

  @Override
  public void appendFlushSleep(long millis) {
    appendOnlyFile.flushSleep(millis);
  }

  @Override
  public void loadAppendOnlyFile() {
    try {
      appendOnlyFile.reload(dataSet::clear);
    } catch (LostDataSetException e) {
      onLost.accept(e);
    } catch (IOException | ManifestException e) {
      serverLog.warning("DEBUG LOADAOF failed: %s", SystemErrors.text(e));
      throw new CommandError("ERR Error trying to load the AOF files, check server logs");
    }
  }

  @Override
  public void skipPayloadChecksums(boolean skip) {
    payloads.setComparesChecksums(!skip);
  }

  @Override
  public void killLinks(String node, boolean to, boolean from) {
    if (clusterNode == null) {
      throw NO_CLUSTER;
    }
    Node peer = clusterNode.cluster().node(node);
    if (peer == null) {
      throw new CommandError("ERR Unknown node " + node);
    }
    if (to) {
      clusterNode.bus().kill(peer, true);
    }
    if (from) {
      clusterNode.bus().kill(peer, false);
    }
  }

  @Override
  public void dropPackets(long type) {
    if (clusterNode == null) {
      throw NO_CLUSTER;
    }
    clusterNode.bus().drop(type);
  }

  @Override
  public void changeReplicationId() {
    replication.changeId();
  }
}
