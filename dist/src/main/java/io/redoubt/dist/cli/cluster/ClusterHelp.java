package io.redoubt.dist.cli.cluster;

/** The text of {@code --cluster help}. */
final class ClusterHelp {
  static final String TEXT =
      """
      redis-cli --cluster <command> <arguments> [options]
      An address is host:port. Of an existing cluster it may be that of any node.

      Commands
        create <address> ...        Makes a cluster of empty nodes.
                                    --cluster-replicas <n>: replicas of each master
        check <address>             Says whether all nodes agree and all slots have an owner.
                                    --cluster-search-multiple-owners
        info <address>              Keys, slots and replicas of each master.
        fix <address>               Closes open slots and covers those without an owner.
                                    --cluster-search-multiple-owners,
                                    --cluster-fix-with-unreachable-masters
        reshard <address>           Moves slots to a master.
                                    --cluster-from <ids, or all>, --cluster-to <id>,
                                    --cluster-slots <n>, --cluster-timeout <ms>,
                                    --cluster-pipeline <keys>, --cluster-replace
        rebalance <address>         Gives each master as many slots as its weight asks for.
                                    --cluster-weight <id=weight ...>,
                                    --cluster-use-empty-masters, --cluster-simulate,
                                    --cluster-threshold <percent>, and those of reshard's moves
        add-node <new> <existing>   Adds a master without slots, or a replica.
                                    --cluster-slave, --cluster-master-id <id>
        del-node <address> <id>     Removes a node that has no slots, and resets it.
        call <address> <command> <arguments>
                                    Runs a command on each node.
                                    --cluster-only-masters, --cluster-only-replicas
        set-timeout <address> <ms>  Sets cluster-node-timeout of each node.
        import <address>            Brings the keys of another server into the cluster.
                                    --cluster-from <address>, --cluster-from-user <name>,
                                    --cluster-from-pass <password>, --cluster-from-askpass,
                                    --cluster-copy, --cluster-replace
        backup <address> <folder>   An RDB file of each master, and nodes.json.
        help                        This text.

      --cluster-yes answers the questions of all of them.
      """;

  private ClusterHelp() {}
}
