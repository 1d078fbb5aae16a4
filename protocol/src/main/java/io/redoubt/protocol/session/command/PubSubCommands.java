package io.redoubt.protocol.session.command;

import static io.redoubt.protocol.command.Flag.FAST;
import static io.redoubt.protocol.command.Flag.LOADING;
import static io.redoubt.protocol.command.Flag.MAY_REPLICATE;
import static io.redoubt.protocol.command.Flag.NOSCRIPT;
import static io.redoubt.protocol.command.Flag.PUBSUB;
import static io.redoubt.protocol.command.Flag.STALE;

import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.bytes.Glob;
import io.redoubt.protocol.command.ChannelSpec;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.command.Group;
import io.redoubt.protocol.command.Handler;
import io.redoubt.protocol.command.KeyFlag;
import io.redoubt.protocol.command.KeySpec;
import io.redoubt.protocol.pubsub.ChannelKind;
import io.redoubt.protocol.pubsub.Channels;
import io.redoubt.protocol.resp.Request;
import java.util.ArrayList;
import java.util.List;

/**
 * Commands on channels and patterns. Each kind of process supplies its own PUBLISH, which may
 * replicate or refuse a message in addition to delivering it.
 */
public final class PubSubCommands<C extends SessionCall> extends CommandGroup<C> {
  private final Channels channels;
  private final Handler<? super C> publishing;
  private final Handler<? super C> shardPublishing;

  final Command<C> subscribe =
      command("SUBSCRIBE channel...")
          .does("Subscribes to channels.")
          .since("2.0.0")
          .costs("O(N), N the number of channels")
          .is(PUBSUB, NOSCRIPT, LOADING, STALE)
          .channels(new ChannelSpec(1, true, false))
          .runs(call -> subscribe(call, ChannelKind.CHANNEL));

  final Command<C> unsubscribe =
      command("UNSUBSCRIBE [channel...]")
          .does("Unsubscribes from channels, or from all.")
          .since("2.0.0")
          .costs("O(N), N the number of channels")
          .is(PUBSUB, NOSCRIPT, LOADING, STALE)
          .runs(call -> unsubscribe(call, ChannelKind.CHANNEL));

  final Command<C> psubscribe =
      command("PSUBSCRIBE pattern...")
          .does("Subscribes to the channels that match patterns.")
          .since("2.0.0")
          .costs("O(N), N the number of patterns")
          .is(PUBSUB, NOSCRIPT, LOADING, STALE)
          .channels(new ChannelSpec(1, true, true))
          .runs(call -> subscribe(call, ChannelKind.PATTERN));

  final Command<C> punsubscribe =
      command("PUNSUBSCRIBE [pattern...]")
          .does("Unsubscribes from patterns, or from all.")
          .since("2.0.0")
          .costs("O(N), N the number of patterns")
          .is(PUBSUB, NOSCRIPT, LOADING, STALE)
          .runs(call -> unsubscribe(call, ChannelKind.PATTERN));

  final Command<C> publish =
      command("PUBLISH channel message")
          .does("Publishes a message to a channel.")
          .since("2.0.0")
          .costs("O(N+M), N the listeners of the channel, M the number of all patterns")
          .is(PUBSUB, LOADING, STALE, FAST, MAY_REPLICATE)
          .channels(new ChannelSpec(1, false, false))
          .runs(this::publish);

  final Command<C> ssubscribe =
      command("SSUBSCRIBE shardchannel...")
          .does("Subscribes to shard channels.")
          .since("7.0.0")
          .costs("O(N), N the number of shard channels")
          .is(PUBSUB, NOSCRIPT, LOADING, STALE)
          .keys(KeySpec.index(1).range(-1, 1).is(KeyFlag.NOT_KEY))
          .channels(new ChannelSpec(1, true, false))
          .runs(call -> subscribe(call, ChannelKind.SHARD_CHANNEL));

  final Command<C> sunsubscribe =
      command("SUNSUBSCRIBE [shardchannel...]")
          .does("Unsubscribes from shard channels, or from all.")
          .since("7.0.0")
          .costs("O(N), N the number of shard channels")
          .is(PUBSUB, NOSCRIPT, LOADING, STALE)
          .keys(KeySpec.index(1).range(-1, 1).is(KeyFlag.NOT_KEY))
          .runs(call -> unsubscribe(call, ChannelKind.SHARD_CHANNEL));

  final Command<C> spublish =
      command("SPUBLISH shardchannel message")
          .does("Publishes a message to a shard channel.")
          .since("7.0.0")
          .costs("O(N), N the listeners of the shard channel")
          .is(PUBSUB, LOADING, STALE, FAST, MAY_REPLICATE)
          .keys(KeySpec.index(1).is(KeyFlag.NOT_KEY))
          .channels(new ChannelSpec(1, false, false))
          .runs(this::publishToShard);

  public final Command<C> pubsub =
      container("PUBSUB")
          .does("A container for Pub/Sub commands.")
          .since("2.8.0")
          .costs("Depends on subcommand.")
          .help("6.2.0")
          .holds();

  final Command<C> channelsCommand =
      command("PUBSUB CHANNELS [pattern]")
          .does("Returns the channels that have subscribers.")
          .since("2.8.0")
          .costs("O(N), N the number of channels that have listeners")
          .is(PUBSUB, LOADING, STALE)
          .runs(call -> active(call, ChannelKind.CHANNEL));

  final Command<C> numsub =
      command("PUBSUB NUMSUB [channel...]")
          .does("Returns the number of subscribers of channels, without pattern subscriptions.")
          .since("2.8.0")
          .costs("O(N), N the number of channels asked for")
          .is(PUBSUB, LOADING, STALE)
          .runs(call -> counts(call, ChannelKind.CHANNEL));

  final Command<C> numpat =
      command("PUBSUB NUMPAT")
          .does("Returns the number of subscribed patterns.")
          .since("2.8.0")
          .costs("O(1)")
          .is(PUBSUB, LOADING, STALE)
          .runs(this::numpat);

  final Command<C> shardchannels =
      command("PUBSUB SHARDCHANNELS [pattern]")
          .does("Returns the shard channels that have subscribers.")
          .since("7.0.0")
          .costs("O(N), N the number of shard channels that have listeners")
          .is(PUBSUB, LOADING, STALE)
          .runs(call -> active(call, ChannelKind.SHARD_CHANNEL));

  final Command<C> shardnumsub =
      command("PUBSUB SHARDNUMSUB [shardchannel...]")
          .does("Returns the number of subscribers of shard channels.")
          .since("7.0.0")
          .costs("O(N), N the number of shard channels asked for")
          .is(PUBSUB, LOADING, STALE)
          .runs(call -> counts(call, ChannelKind.SHARD_CHANNEL));

  /**
   * Creates the group.
   *
   * @param publish runs PUBLISH: {@link #deliver} and additional work of this process
   * @param publishToShard runs SPUBLISH: {@link #deliverToShard} and additional work
   */
  public PubSubCommands(
      Channels channels, Handler<? super C> publish, Handler<? super C> publishToShard) {
    super(Group.PUBSUB);
    this.channels = channels;
    this.publishing = publish;
    this.shardPublishing = publishToShard;
  }

  /** Delivers the message of a running PUBLISH and returns the number of receivers. */
  public static int deliver(Channels channels, SessionCall call) {
    Request request = call.request();
    return channels.publish(
        request.memory(),
        request.offset(1),
        request.length(1),
        request.memory(),
        request.offset(2),
        request.length(2));
  }

  /** Delivers the message of a running SPUBLISH and returns the number of receivers. */
  public static int deliverToShard(Channels channels, SessionCall call) {
    Request request = call.request();
    return channels.publishToShard(
        request.memory(),
        request.offset(1),
        request.length(1),
        request.memory(),
        request.offset(2),
        request.length(2));
  }

  private void publish(C call) {
    publishing.run(call);
  }

  private void publishToShard(C call) {
    shardPublishing.run(call);
  }

  private void subscribe(C call, ChannelKind kind) {
    Request request = call.request();
    for (int i = 1; i < request.count(); i++) {
      channels.subscribe(call.client(), kind, request.string(i));
    }
    call.client().onSubscriptionsChange();
  }

  private void unsubscribe(C call, ChannelKind kind) {
    Request request = call.request();
    if (request.count() == 1) {
      channels.unsubscribeAll(call.client(), kind);
    }
    for (int i = 1; i < request.count(); i++) {
      channels.unsubscribe(call.client(), kind, request.string(i));
    }
    call.client().onSubscriptionsChange();
  }

  private void active(C call, ChannelKind kind) {
    Request request = call.request();
    if (request.count() > 3) {
      throw Errors.wrongArguments(request);
    }
    ByteString pattern = request.count() == 3 ? request.string(2) : null;
    List<ByteString> names = new ArrayList<>();
    for (ByteString name : channels.active(kind)) {
      if (pattern == null || Glob.matches(pattern, name)) {
        names.add(name);
      }
    }
    call.reply().array(names.size());
    names.forEach(call.reply()::bulk);
  }

  private void counts(C call, ChannelKind kind) {
    Request request = call.request();
    call.reply().array((request.count() - 2) * 2);
    for (int i = 2; i < request.count(); i++) {
      ByteString name = request.string(i);
      call.reply().bulk(name);
      call.reply().integer(channels.subscribers(kind, name));
    }
  }

  private void numpat(C call) {
    call.reply().integer(channels.active(ChannelKind.PATTERN).size());
  }
}
