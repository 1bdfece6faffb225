"""The media services: ver10 and ver20 describe the same two profiles in two vocabularies."""

from __future__ import annotations

from drivers.types import Codec
from drivers.virtual.onvif.context import SOURCE, Context, Operations
from drivers.virtual.onvif.ptz import ptz_configuration
from drivers.virtual.onvif.wire import Call, Markup, bad_value, join, tag
from drivers.virtual.state import VirtualProfile

_SOURCE_CONFIGURATION = "VideoSourceConfig_1"
_METADATA_CONFIGURATION = "MetadataConfig_1"


def _encoder_token(profile: VirtualProfile) -> str:
    return f"Encoder_{profile.token}"


def _multicast() -> Markup:
    address = tag("tt:Address", tag("tt:Type", "IPv4"), tag("tt:IPv4Address", "0.0.0.0"))
    return tag("tt:Multicast", address, tag("tt:Port", 0), tag("tt:TTL", 1), tag("tt:AutoStart", False))


def _size(profile: VirtualProfile, name: str = "tt:Resolution") -> Markup:
    return tag(name, tag("tt:Width", profile.width), tag("tt:Height", profile.height))


class _Media:
    """What both services say in the same words."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def _source_inside(self) -> list[Markup]:
        main = self._context.spec.main
        bounds = Markup(f'<tt:Bounds x="0" y="0" width="{main.width}" height="{main.height}"/>')
        return [tag("tt:Name", "Video"), tag("tt:UseCount", 2), tag("tt:SourceToken", SOURCE), bounds]

    def _source(self, name: str) -> Markup:
        return tag(name, *self._source_inside(), token=_SOURCE_CONFIGURATION)

    def _ptz(self, name: str) -> Markup | None:
        return ptz_configuration(name) if self._context.spec.ptz else None

    def _metadata(self, name: str) -> Markup | None:
        """One metadata configuration, in both profiles: analytics, no events, no positions of a head."""
        if not self._context.reads_plates:
            return None
        return tag(
            name,
            tag("tt:Name", "Metadata"),
            tag("tt:UseCount", 2),
            tag("tt:Analytics", True),
            _multicast(),
            tag("tt:SessionTimeout", "PT60S"),
            token=_METADATA_CONFIGURATION,
            GeoLocation=False,
        )

    def _metadata_wanted(self, call: Call, name: str) -> Markup | None:
        """The metadata configurations that a request asks for. Raises SoapFault."""
        token, profile = call.text("ConfigurationToken"), call.text("ProfileToken")
        if profile:
            self._context.profile(profile)
        if token and not (self._context.reads_plates and token == _METADATA_CONFIGURATION):
            raise bad_value(f"no configuration {token[:40]!r}", "ter:NoConfig")
        return self._metadata(name)

    def _metadata_options(self, call: Call, name: str) -> Markup:
        self._metadata_wanted(call, name)
        moves = tag(
            "tt:PTZStatusFilterOptions",
            *(
                tag(f"tt:{kind}Supported", False)
                for kind in ("PanTiltStatus", "ZoomStatus", "PanTiltPosition", "ZoomPosition")
            ),
        )
        return tag(name, moves, GeoLocation=False)

    def _chosen(self, token: str) -> tuple[VirtualProfile, ...]:
        return (self._context.profile(token),) if token else self._context.profiles()

    def _by_encoder(self, token: str) -> VirtualProfile:
        for profile in self._context.profiles():
            if _encoder_token(profile) == token:
                return profile
        raise bad_value(f"no configuration {token[:40]!r}", "ter:NoConfig")

    def _encoders_wanted(self, call: Call) -> tuple[VirtualProfile, ...]:
        token = call.text("ConfigurationToken")
        return (self._by_encoder(token),) if token else self._chosen(call.text("ProfileToken"))

    def _synchronise(self, call: Call) -> Markup:
        self._context.state.wish_key(self._context.profile(call.text("ProfileToken")).token)
        return Markup()


class MediaService(_Media):
    """Media ver10 knows H.264 and JPEG. H.265 has no name there, so such a profile comes without an encoder
    configuration, as from cameras in the field. City's loop only."""

    def operations(self) -> Operations:
        """All operations by the name of the request."""
        return {
            "GetServiceCapabilities": self._capabilities,
            "GetProfiles": lambda call: join([self._profile("trt:Profiles", p) for p in self._context.profiles()]),
            "GetProfile": lambda call: self._profile("trt:Profile", self._context.profile(call.text("ProfileToken"))),
            "GetStreamUri": self._stream_uri,
            "GetSnapshotUri": self._snapshot_uri,
            "GetVideoSources": self._sources,
            "GetVideoSourceConfigurations": lambda call: self._source("trt:Configurations"),
            "GetVideoSourceConfiguration": lambda call: self._source("trt:Configuration"),
            "GetVideoEncoderConfigurations": self._encoders,
            "GetVideoEncoderConfiguration": self._one_encoder,
            "GetMetadataConfigurations": lambda call: self._metadata("trt:Configurations") or Markup(),
            "GetMetadataConfiguration": self._one_metadata,
            "GetCompatibleMetadataConfigurations": lambda call: (
                self._metadata_wanted(call, "trt:Configurations") or Markup()
            ),
            "GetMetadataConfigurationOptions": lambda call: self._metadata_options(call, "trt:Options"),
            "SetSynchronizationPoint": self._synchronise,
        }

    def _capabilities(self, call: Call) -> Markup:
        return tag(
            "trt:Capabilities",
            tag("trt:ProfileCapabilities", MaximumNumberOfProfiles=2),
            tag("trt:StreamingCapabilities", RTPMulticast=False, RTP_TCP=False, RTP_RTSP_TCP=True),
            SnapshotUri=self._context.snapshot is not None,
            Rotation=False,
            VideoSourceMode=False,
            OSD=False,
        )

    def _encoder(self, name: str, profile: VirtualProfile) -> Markup | None:
        if profile.codec not in (Codec.H264, Codec.MJPEG):
            return None
        rate = tag(
            "tt:RateControl",
            tag("tt:FrameRateLimit", profile.fps),
            tag("tt:EncodingInterval", 1),
            tag("tt:BitrateLimit", profile.bitrate_kbps),
        )
        h264 = tag("tt:H264", tag("tt:GovLength", profile.gop), tag("tt:H264Profile", "Main"))
        return tag(
            name,
            tag("tt:Name", profile.token),
            tag("tt:UseCount", 1),
            tag("tt:Encoding", profile.codec.value),
            _size(profile),
            tag("tt:Quality", 4),
            rate,
            h264 if profile.codec is Codec.H264 else None,
            _multicast(),
            tag("tt:SessionTimeout", "PT60S"),
            token=_encoder_token(profile),
        )

    def _profile(self, name: str, profile: VirtualProfile) -> Markup:
        return tag(
            name,
            tag("tt:Name", profile.token),
            self._source("tt:VideoSourceConfiguration"),
            self._encoder("tt:VideoEncoderConfiguration", profile),
            self._ptz("tt:PTZConfiguration"),
            self._metadata("tt:MetadataConfiguration"),
            token=profile.token,
            fixed=True,
        )

    def _uri(self, uri: str) -> Markup:
        return tag(
            "trt:MediaUri",
            tag("tt:Uri", uri),
            tag("tt:InvalidAfterConnect", False),
            tag("tt:InvalidAfterReboot", False),
            tag("tt:Timeout", "PT0S"),
        )

    def _stream_uri(self, call: Call) -> Markup:
        profile = self._context.profile(call.text("ProfileToken"))
        return self._uri(self._context.stream_uri(profile))

    def _snapshot_uri(self, call: Call) -> Markup:
        profile = self._context.profile(call.text("ProfileToken"))
        return self._uri(self._context.snapshot_uri(profile))

    def _sources(self, call: Call) -> Markup:
        main = self._context.spec.main
        return tag("trt:VideoSources", tag("tt:Framerate", main.fps), _size(main), token=SOURCE)

    def _encoders(self, call: Call) -> Markup:
        found = [self._encoder("trt:Configurations", profile) for profile in self._context.profiles()]
        return join([encoder for encoder in found if encoder is not None])

    def _one_encoder(self, call: Call) -> Markup:
        found = self._encoder("trt:Configuration", self._by_encoder(call.text("ConfigurationToken")))
        if found is None:
            raise bad_value("this configuration is described by media2 only", "ter:NoConfig")
        return found

    def _one_metadata(self, call: Call) -> Markup:
        found = self._metadata_wanted(call, "trt:Configuration")
        if found is None:
            raise bad_value("this camera has no metadata", "ter:NoConfig")
        return found


class Media2Service(_Media):
    """Media ver20, with H.265. City's loop only."""

    def operations(self) -> Operations:
        """All operations by the name of the request."""
        return {
            "GetServiceCapabilities": self._capabilities,
            "GetProfiles": self._profiles,
            "GetStreamUri": lambda call: tag(
                "tr2:Uri", self._context.stream_uri(self._context.profile(call.text("ProfileToken")))
            ),
            "GetSnapshotUri": lambda call: tag(
                "tr2:Uri", self._context.snapshot_uri(self._context.profile(call.text("ProfileToken")))
            ),
            "GetVideoSourceConfigurations": lambda call: self._source("tr2:Configurations"),
            "GetVideoEncoderConfigurations": lambda call: join(
                [self._encoder("tr2:Configurations", profile) for profile in self._encoders_wanted(call)]
            ),
            "GetVideoEncoderConfigurationOptions": lambda call: join(
                [self._options(profile) for profile in self._encoders_wanted(call)]
            ),
            "GetMetadataConfigurations": lambda call: self._metadata_wanted(call, "tr2:Configurations") or Markup(),
            "GetMetadataConfigurationOptions": lambda call: self._metadata_options(call, "tr2:Options"),
            "SetSynchronizationPoint": self._synchronise,
        }

    def _capabilities(self, call: Call) -> Markup:
        kinds = "VideoSource VideoEncoder" + (" Metadata" if self._context.reads_plates else "")
        return tag(
            "tr2:Capabilities",
            tag("tr2:ProfileCapabilities", MaximumNumberOfProfiles=2, ConfigurationsSupported=kinds),
            tag("tr2:StreamingCapabilities", RTSPStreaming=True, RTPMulticast=False, RTP_RTSP_TCP=True),
            SnapshotUri=self._context.snapshot is not None,
        )

    def _encoder(self, name: str, profile: VirtualProfile) -> Markup:
        rate = [tag("tt:FrameRateLimit", profile.fps), tag("tt:BitrateLimit", profile.bitrate_kbps)]
        kind: dict[str, str] = {} if profile.codec is Codec.MJPEG else {"Profile": "Main"}
        return tag(
            name,
            tag("tt:Name", profile.token),
            tag("tt:UseCount", 1),
            tag("tt:Encoding", profile.codec.value),
            _size(profile),
            tag("tt:RateControl", *rate, ConstantBitRate=False),
            _multicast(),
            tag("tt:Quality", 4),
            token=_encoder_token(profile),
            GovLength=profile.gop,
            **kind,
        )

    def _options(self, profile: VirtualProfile) -> Markup:
        return tag(
            "tr2:Options",
            tag("tt:Encoding", profile.codec.value),
            tag("tt:QualityRange", tag("tt:Min", 0), tag("tt:Max", 10)),
            _size(profile, "tt:ResolutionsAvailable"),
            tag("tt:BitrateRange", tag("tt:Min", 64), tag("tt:Max", 8192)),
            GovLengthRange=f"{profile.gop} {profile.gop}",
            FrameRatesSupported=profile.fps,
        )

    def _profiles(self, call: Call) -> Markup:
        wanted = {(child.text or "").strip() for child in call.body if child.tag.endswith("}Type")}

        def part(kind: str, content: Markup | None) -> Markup | None:
            return content if wanted & {"All", kind} else None

        return join(
            [
                tag(
                    "tr2:Profiles",
                    tag("tr2:Name", profile.token),
                    tag(
                        "tr2:Configurations",
                        part("VideoSource", self._source("tr2:VideoSource")),
                        part("VideoEncoder", self._encoder("tr2:VideoEncoder", profile)),
                        part("PTZ", self._ptz("tr2:PTZ")),
                        part("Metadata", self._metadata("tr2:Metadata")),
                    )
                    if wanted
                    else None,
                    token=profile.token,
                    fixed=True,
                )
                for profile in self._chosen(call.text("Token"))
            ]
        )
