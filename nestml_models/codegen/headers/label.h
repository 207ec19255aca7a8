/*
 *  Labels of connections in three bytes, which fit into the padding of a synapse; NEST's take eight.
 *
 *  SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef V1CORTEX_LABEL_H
#define V1CORTEX_LABEL_H

#include <array>
#include <cstdint>

#include "connection_label.h"
#include "dictionary.h"
#include "exceptions.h"
#include "nest_names.h"

namespace v1cortex
{

class Label
{
public:
  long get() const
  {
    const long value = bytes_[ 0 ] | bytes_[ 1 ] << 8 | bytes_[ 2 ] << 16;
    return value == NONE ? nest::UNLABELED_CONNECTION : value;
  }

  void set( const long value )
  {
    if ( value < 0 or value >= NONE )
    {
      throw nest::BadProperty( "Connection label must not be negative, and less than 16,777,215." );
    }
    bytes_ = { static_cast< uint8_t >( value ), static_cast< uint8_t >( value >> 8 ), static_cast< uint8_t >( value >> 16 ) };
  }

private:
  static constexpr long NONE = 0xFFFFFF;
  std::array< uint8_t, 3 > bytes_ { 0xFF, 0xFF, 0xFF };
};

/**
 * A synapse with a label, as NEST's ConnectionLabel; the synapse has the room for it, label_.
 */
template < typename Connection >
class Labelled : public Connection
{
public:
  long get_label() const { return this->label_.get(); }

  void get_status( Dictionary& d ) const
  {
    Connection::get_status( d );
    d[ nest::names::synapse_label ] = get_label();
    d[ nest::names::size_of ] = static_cast< long >( sizeof( *this ) );
  }

  void set_status( const Dictionary& d, nest::ConnectorModel& model )
  {
    long label;
    if ( d.update_integer_value( nest::names::synapse_label, label ) )
    {
      this->label_.set( label );
    }
    Connection::set_status( d, model );
  }
};

}  // namespace v1cortex

#endif
