package io.redoubt.bench.first;

import io.redoubt.bench.measure.MeasuredServer;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.util.List;

/** Uses of two servers. */
final class Groups {
  private Groups() {}

  /** Moves keys to another server. */
  static Use migration(Uses.Starter servers) throws IOException, InterruptedException {
    MeasuredServer source = servers.start();
    MeasuredServer target = servers.start();
    String migrate = "MIGRATE " + MeasuredServer.HOST + " " + target.port() + " key:{n} 0 5000";
    return new Requests(source, List.of("SET key:{n} value", migrate));
  }

  /** Waits for a replica's acknowledgement of each write. */
  static Use waiting(Uses.Starter servers) throws IOException, InterruptedException {
    MeasuredServer master = servers.start();
    replica(servers, master);
    return new Requests(master, List.of("SET key:{n} value", "WAIT 1 0"));
  }

  /** Reads from a replica until it has what was written to the master. */
  static Use visibility(Uses.Starter servers) throws IOException, InterruptedException {
    MeasuredServer master = servers.start();
    MeasuredServer replica = replica(servers, master);
    return new Visibility(
        new Requests(master, List.of("SET key:{n} value:{n}")), replica.connect());
  }

  private static MeasuredServer replica(Uses.Starter servers, MeasuredServer master)
      throws IOException, InterruptedException {
    MeasuredServer replica =
        servers.start("--replicaof " + MeasuredServer.HOST + " " + master.port());
    replica.await("replication", "master_link_status", "up");
    return replica;
  }

  private record Visibility(Requests write, RespClient reader) implements Use {
    @Override
    public void call(int number) throws IOException {
      write.call(number);
      String[] read = {"GET", "key:" + number};
      while (reader.call(read).isNull()) {
        Thread.onSpinWait();
      }
    }

    @Override
    public void close() throws IOException {
      write.close();
      reader.close();
    }
  }
}
