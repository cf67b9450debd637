package nl.voorbeeld.inkoop;

import com.google.gson.Gson;
import com.google.gson.reflect.TypeToken;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * One service: a channel with the retry policy that lies beside its contracts, on which every call has a deadline, says
 * who calls, and has an id that is in the logs of every service that it reaches.
 */
final class Service implements AutoCloseable {
    private static final Metadata.Key<String> ACTOR = Metadata.Key.of("x-actor", Metadata.ASCII_STRING_MARSHALLER);
    private static final Metadata.Key<String> CALL_ID = Metadata.Key.of("x-call-id", Metadata.ASCII_STRING_MARSHALLER);
    private static final int DEADLINE_SECONDS = 30;
    /** What the services send at most; the default of the library is less. */
    private static final int MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

    private final ManagedChannel channel;

    /** The service of a package of contracts (registry, quality or budget) at an address, called by a user. */
    Service(String name, String address, String actor) {
        channel = Grpc.newChannelBuilder(address, InsecureChannelCredentials.create())
                .defaultServiceConfig(retryPolicy(name))
                .enableRetry()
                .maxInboundMessageSize(MAX_MESSAGE_BYTES)
                .intercept(new Introduction(actor))
                .build();
    }

    Channel channel() {
        return channel;
    }

    /** Calls, and gives an answer that is none as Refused or NotAnswered. */
    <T> T call(Supplier<T> method) {
        try {
            return method.get();
        } catch (StatusRuntimeException ended) {
            throw Refused.orNotAnswered(ended);
        }
    }

    @Override
    public void close() {
        channel.shutdown();
    }

    private static Map<String, ?> retryPolicy(String name) {
        String resource = "/spoedkader/%s/v1/%s_grpc_service_config.json".formatted(name, name);
        try (InputStream found = Service.class.getResourceAsStream(resource)) {
            if (found == null) {
                throw new IllegalArgumentException("onbekende dienst: " + name);
            }
            return new Gson().fromJson(
                    new InputStreamReader(found, StandardCharsets.UTF_8), new TypeToken<Map<String, ?>>() {}.getType());
        } catch (IOException error) {
            throw new IllegalStateException(resource, error);
        }
    }

    private record Introduction(String actor) implements ClientInterceptor {
        @Override
        public <Q, A> ClientCall<Q, A> interceptCall(MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
            CallOptions inTime = options.withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS);
            return new SimpleForwardingClientCall<>(next.newCall(method, inTime)) {
                @Override
                public void start(Listener<A> listener, Metadata headers) {
                    headers.put(ACTOR, actor);
                    headers.put(CALL_ID, UUID.randomUUID().toString().replace("-", ""));
                    super.start(listener, headers);
                }
            };
        }
    }
}
